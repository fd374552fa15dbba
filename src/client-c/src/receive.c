#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* Channels. */

static size_t place_of(const aranya_edge *c, const uint8_t *id)
{
	/* Ids are random: any of their bits will do. */
	return ae_get_u32(id) & (c->channel_places - 1);
}

struct ae_channel *ae_channel_of(const aranya_edge *c, const uint8_t *id)
{
	if (c->channel_places == 0)
		return NULL;
	for (size_t i = place_of(c, id); c->channels[i] != NULL; i = (i + 1) & (c->channel_places - 1))
		if (memcmp(c->channels[i]->id, id, AE_ID_BYTES) == 0)
			return c->channels[i];
	return NULL;
}

static void put_channel(aranya_edge *c, struct ae_channel *channel)
{
	size_t i = place_of(c, channel->id);
	while (c->channels[i] != NULL)
		i = (i + 1) & (c->channel_places - 1);
	c->channels[i] = channel;
}

static bool make_places(aranya_edge *c)
{
	if (2 * (c->channel_count + 1) <= c->channel_places)
		return true;
	struct ae_channel **const old = c->channels;
	const size_t old_places = c->channel_places;
	const size_t places = old_places == 0 ? 8 : 2 * old_places;
	struct ae_channel **const channels = calloc(places, sizeof(struct ae_channel *));
	if (channels == NULL)
		return false;
	c->channels = channels;
	c->channel_places = places;
	for (size_t i = 0; i < old_places; i++)
		if (old[i] != NULL)
			put_channel(c, old[i]);
	free(old);
	return true;
}

void ae_forget_channel(aranya_edge *c, struct ae_channel *channel)
{
	size_t i = place_of(c, channel->id);
	while (c->channels[i] != channel)
		i = (i + 1) & (c->channel_places - 1);
	c->channels[i] = NULL;
	c->channel_count--;
	if (c->channel_read == channel)
		c->channel_read = NULL;
	free(channel);
	/* Those behind may have stood here, had it been free. */
	for (i = (i + 1) & (c->channel_places - 1); c->channels[i] != NULL; i = (i + 1) & (c->channel_places - 1)) {
		struct ae_channel *const moved = c->channels[i];
		c->channels[i] = NULL;
		put_channel(c, moved);
	}
}

void ae_forget_channels(aranya_edge *c)
{
	for (size_t i = 0; i < c->channel_places; i++)
		free(c->channels[i]);
	free(c->channels);
	c->channels = NULL;
	c->channel_places = c->channel_count = 0;
	c->channel_read = NULL;
}

/* Frames. */

void ae_make_hole(aranya_edge *c, size_t at)
{
	c->rx[at + AE_LENGTH_BYTES] = AE_MARK_HOLE;
	while (c->rx_start < c->rx_scan && c->rx[c->rx_start + AE_LENGTH_BYTES] == AE_MARK_HOLE)
		c->rx_start += AE_LENGTH_BYTES + ae_get_u32(c->rx + c->rx_start);
	if (c->rx_data < c->rx_start)
		c->rx_data = c->rx_start;
	if (c->rx_effect < c->rx_start)
		c->rx_effect = c->rx_start;
}

static void senseless(aranya_edge *c, const char *reason)
{
	ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, reason);
}

static void channel_opened(aranya_edge *c, struct ae_reader *r)
{
	struct aranya_edge_received meta;
	memset(&meta, 0, sizeof meta);
	if (!ae_decode(r, &ae_channel_meta_schema, &meta)) {
		senseless(c, "bad-event");
		return;
	}
	if (ae_channel_of(c, meta.channel_id.bytes) != NULL) {
		senseless(c, "channel-announced-twice");
		return;
	}
	/* Those that are gone go when their last message is read: credit bounds them. */
	if (c->channel_count >= ARANYA_EDGE_CHANNELS_MAX + AE_CREDIT_MESSAGES) {
		senseless(c, "too-many-channels");
		return;
	}
	const size_t name = strlen(meta.remote_net_identifier) + 1;
	const size_t label = strlen(meta.label) + 1;
	struct ae_channel *const channel =
		make_places(c) ? malloc(sizeof(struct ae_channel) + name + label) : NULL;
	if (channel == NULL) {
		ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, "no memory for another channel");
		return;
	}
	memcpy(channel->id, meta.channel_id.bytes, AE_ID_BYTES);
	memcpy(channel->team_id, meta.team_id.bytes, AE_ID_BYTES);
	channel->messages = 0;
	channel->gone = false;
	memcpy(channel->remote_net_identifier, meta.remote_net_identifier, name);
	memcpy(channel->remote_net_identifier + name, meta.label, label);
	channel->label = channel->remote_net_identifier + name;
	put_channel(c, channel);
	c->channel_count++;
}

static void channel_gone(aranya_edge *c, struct ae_reader *r)
{
	uint8_t id[AE_ID_BYTES];
	if (!ae_decode(r, &ae_channel_gone_schema, id)) {
		senseless(c, "bad-event");
		return;
	}
	struct ae_channel *const channel = ae_channel_of(c, id);
	if (channel == NULL || channel->gone)
		senseless(c, "unknown-channel");
	else if (channel->messages == 0 && channel != c->channel_read)
		ae_forget_channel(c, channel);
	else
		channel->gone = true;
}

/* Whether the effect is the end of the stream, which needs no credit. It is decoded when it is taken. */
static bool is_effects_lost(struct ae_reader r)
{
	uint64_t pairs;
	if (!ae_read_map(&r, &pairs))
		return false;
	for (; pairs > 0; pairs--) {
		char *text;
		size_t length;
		if (!ae_read_text(&r, &text, &length))
			return false;
		if (length == 4 && memcmp(text, "type", 4) == 0)
			return ae_read_text(&r, &text, &length) && length == 11 && memcmp(text, "effectsLost", 11) == 0;
		if (!ae_skip(&r))
			return false;
	}
	return false;
}

static void event(aranya_edge *c, size_t at, struct ae_reader *r)
{
	char *topic;
	size_t length;
	if (!ae_read_text(r, &topic, &length)) {
		senseless(c, "unknown-topic");
	} else if (length == 6 && memcmp(topic, "effect", 6) == 0) {
		if (is_effects_lost(*r)) {
			c->subscribed = false;
		} else if (c->credit_effects == 0) {
			senseless(c, "beyond-credit");
			return;
		} else {
			c->credit_effects--;
		}
		c->rx[at + AE_LENGTH_BYTES] = AE_MARK_EFFECT;
		c->unread_effects++;
	} else if (length == 7 && memcmp(topic, "channel", 7) == 0) {
		channel_opened(c, r);
	} else if (length == 11 && memcmp(topic, "channelGone", 11) == 0) {
		channel_gone(c, r);
	} else {
		senseless(c, "unknown-topic");
	}
}

static void control(aranya_edge *c, size_t at, uint8_t *body, size_t length)
{
	struct ae_reader r = {body, body + length};
	uint64_t items;
	uint64_t id;
	if (!ae_cbor_check(body, length)) {
		senseless(c, "bad-cbor");
		return;
	}
	if (!ae_read_array(&r, &items) || items != 3) {
		senseless(c, "bad-message");
		return;
	}
	if (!ae_read_uint(&r, &id) || id > UINT32_MAX) {
		senseless(c, "bad-id");
		return;
	}
	if (id == 0) {
		event(c, at, &r);
		return;
	}
	const bool is_error = !ae_read_null(&r);
	if (is_error) {
		struct ae_reader result = r;
		if (!ae_skip(&result) || !ae_read_null(&result)) {
			senseless(c, "bad-answer");
			return;
		}
	}
	if (id >= AE_CALL_ID_FIRST) {
		ae_answered(c, (uint32_t)id, &r, is_error);
		return;
	}
	ae_status status;
	if (!is_error)
		senseless(c, "wrong-answer");
	else if (!ae_decode_error(c, &r, &status))
		senseless(c, "bad-error");
	else
		ae_send_refused(c, (uint32_t)id, status);
}

static void answer_part(aranya_edge *c, uint8_t *body, size_t length)
{
	struct ae_reader r = {body, body + length};
	uint64_t items;
	if (!ae_cbor_check(body, length) || !ae_read_array(&r, &items) || items != 2)
		senseless(c, "bad-part");
	else
		ae_answer_part(c, &r);
}

static void received_data(aranya_edge *c, size_t at, const uint8_t *body, size_t length)
{
	if (length < AE_ID_BYTES) {
		senseless(c, "truncated");
		return;
	}
	struct ae_channel *const channel = ae_channel_of(c, body);
	length -= AE_ID_BYTES;
	if (channel == NULL || channel->gone) {
		senseless(c, "unknown-channel");
		return;
	}
	if (c->credit_messages == 0 || length > c->credit_bytes) {
		senseless(c, "beyond-credit");
		return;
	}
	c->credit_messages--;
	c->credit_bytes -= (uint32_t)length;
	channel->messages++;
	c->rx[at + AE_LENGTH_BYTES] = AE_MARK_DATA;
	c->unread_messages++;
}

static void frame(aranya_edge *c, size_t at, size_t length)
{
	uint8_t *const type = c->rx + at + AE_LENGTH_BYTES;
	uint8_t *const body = c->rx + at + AE_HEADER_BYTES;
	switch (*type) {
	case AE_FRAME_CONTROL:
		control(c, at, body, length - 1);
		break;
	case AE_FRAME_ANSWER_PART:
		answer_part(c, body, length - 1);
		break;
	case AE_FRAME_SEND_DATA_ANSWERS:
		ae_sent(c, body, length - 1);
		break;
	case AE_FRAME_RECEIVED_DATA:
		received_data(c, at, body, length - 1);
		break;
	default:
		senseless(c, "unknown-frame-type");
		break;
	}
	if (*type != AE_MARK_DATA && *type != AE_MARK_EFFECT)
		ae_make_hole(c, at);
}

void ae_scan(aranya_edge *c)
{
	while (c->failed == ARANYA_EDGE_OK && !c->woken && c->rx_end - c->rx_scan >= AE_LENGTH_BYTES) {
		const size_t at = c->rx_scan;
		const uint32_t length = ae_get_u32(c->rx + at);
		if (length == 0 || length > ARANYA_EDGE_FRAME_BYTES_MAX) {
			senseless(c, length == 0 ? "empty-frame" : "frame-too-long");
			return;
		}
		if (c->rx_end - at - AE_LENGTH_BYTES < length)
			return;
		c->rx_scan = at + AE_LENGTH_BYTES + length;
		frame(c, at, length);
	}
}

/* Somebody waits for what is not in rx. */
static bool wants_more(const aranya_edge *c)
{
	return c->calls_in_flight > 0 || c->sends_in_flight > 0 || c->unread_messages == 0 ||
	       (c->subscribed && c->unread_effects == 0);
}

bool ae_can_receive(const aranya_edge *c)
{
	return c->rx_start > 0 || c->rx_end < c->rx_size || wants_more(c);
}

static bool resize(aranya_edge *c, size_t size)
{
	uint8_t *const rx = realloc(c->rx, size);
	if (rx == NULL)
		return false;
	c->rx = rx;
	c->rx_size = size;
	return true;
}

/* False where there is none. */
static bool make_room(aranya_edge *c)
{
	if (c->rx_start == c->rx_end) {
		c->rx_start = c->rx_scan = c->rx_end = c->rx_data = c->rx_effect = 0;
		if (c->rx_size > c->rx_fixed)
			(void)resize(c, c->rx_fixed);
	}
	if (c->rx_start > 0 && c->rx_size - c->rx_end < c->rx_size / 4) {
		memmove(c->rx, c->rx + c->rx_start, c->rx_end - c->rx_start);
		c->rx_scan -= c->rx_start;
		c->rx_end -= c->rx_start;
		c->rx_data -= c->rx_start;
		c->rx_effect -= c->rx_start;
		c->rx_start = 0;
	}
	if (c->rx_end < c->rx_size)
		return true;
	if (!wants_more(c))
		return false;
	if (!resize(c, 2 * c->rx_size)) {
		ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, "no memory for what the daemon sends");
		return false;
	}
	return true;
}

bool ae_receive(aranya_edge *c)
{
	while (c->failed == ARANYA_EDGE_OK && make_room(c)) {
		const size_t room = c->rx_size - c->rx_end;
		const ssize_t got = recv(c->fd, c->rx + c->rx_end, room, MSG_DONTWAIT);
		if (got > 0) {
			c->rx_end += (size_t)got;
			ae_scan(c);
			return true;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
			ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, "the daemon closed the connection");
		return false;
	}
	return false;
}
