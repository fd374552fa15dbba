#include <string.h>

#include "internal.h"
#include "methods.h"

enum { NOT_LISTENING, LISTEN_ASKED, LISTENING };

static void listened(void *user, aranya_edge_status status)
{
	aranya_edge *const c = user;
	c->listening = status == ARANYA_EDGE_OK ? LISTENING : NOT_LISTENING;
	c->listen_status = status;
}

aranya_edge_status aranya_edge_poll_data(aranya_edge *c, uint32_t timeout_ms)
{
	const ae_status status = ae_enter(c, true);
	/* Messages that arrived before the end are still there. */
	if (c != NULL && c->callbacks == 0 && c->unread_messages > 0)
		return ARANYA_EDGE_OK;
	if (status != ARANYA_EDGE_OK)
		return status;
	if (timeout_ms > ARANYA_EDGE_TIMEOUT_MS_MAX)
		return ae_invalid(c, "timeoutMs", "is out of range");
	const int64_t deadline = ae_now() + timeout_ms;
	bool in_time = true;
	c->listen_status = ARANYA_EDGE_OK;
	for (;;) {
		if (c->unread_messages > 0)
			return ARANYA_EDGE_OK;
		if (c->failed != ARANYA_EDGE_OK)
			return ae_over(c);
		if (c->listen_status != ARANYA_EDGE_OK)
			return ae_refuse(c, c->listen_status, "the daemon takes no listener");
		if (!in_time)
			return ae_timeout(c, "pollData", timeout_ms);
		if (c->listening == NOT_LISTENING && ae_request(c, &ae_method_listen, NULL, listened))
			c->listening = LISTEN_ASKED;
		in_time = ae_wait(c, deadline);
	}
}

static size_t next_marked(const aranya_edge *c, size_t at, uint8_t mark)
{
	while (c->rx[at + AE_LENGTH_BYTES] != mark)
		at += AE_LENGTH_BYTES + ae_get_u32(c->rx + at);
	return at;
}

static void taken(aranya_edge *c, struct ae_channel *channel, size_t length)
{
	/* The one before was kept for its texts. */
	struct ae_channel *const before = c->channel_read;
	c->channel_read = channel;
	if (before != NULL && before != channel && before->gone && before->messages == 0)
		ae_forget_channel(c, before);
	channel->messages--;
	c->unread_messages--;
	c->back_bytes += (uint32_t)length;
	c->back_messages++;
}

aranya_edge_status aranya_edge_read_data(aranya_edge *c, void *buffer, size_t capacity, aranya_edge_received *received)
{
	const ae_status status = ae_enter(c, true);
	if (c == NULL || c->callbacks > 0)
		return status;
	if (c->unread_messages == 0) {
		if (status != ARANYA_EDGE_OK)
			return status;
		(void)ae_turn(c);
	}
	if (c->unread_messages == 0)
		return c->failed != ARANYA_EDGE_OK
			       ? ae_over(c)
			       : ae_refuse(c, ARANYA_EDGE_NO_DATA, "nothing has arrived: wait with poll_data");
	if (buffer == NULL && capacity > 0)
		return ae_invalid(c, "buffer", "is missing");
	const size_t at = next_marked(c, c->rx_data, AE_MARK_DATA);
	c->rx_data = at;
	const uint8_t *const body = c->rx + at + AE_HEADER_BYTES;
	const size_t length = ae_get_u32(c->rx + at) - 1 - AE_ID_BYTES;
	struct ae_channel *const channel = ae_channel_of(c, body);
	if (received != NULL) {
		memset(received, 0, sizeof *received);
		received->length = length;
		memcpy(received->channel_id.bytes, channel->id, AE_ID_BYTES);
		memcpy(received->team_id.bytes, channel->team_id, AE_ID_BYTES);
		received->remote_net_identifier = channel->remote_net_identifier;
		received->label = channel->label;
	}
	if (length > capacity) {
		ae_refuse(c, ARANYA_EDGE_BUFFER_TOO_SMALL, "the message is longer than the buffer");
		ae_add_number(c, "needed", length);
		return ARANYA_EDGE_BUFFER_TOO_SMALL;
	}
	if (length > 0)
		memcpy(buffer, body + AE_ID_BYTES, length);
	taken(c, channel, length);
	ae_make_hole(c, at);
	ae_give_credit(c);
	return ARANYA_EDGE_OK;
}

/* In rx: [ 0, "effect", effect ]. */
static bool decode_effect(aranya_edge *c, size_t at, aranya_edge_effect *effect)
{
	struct ae_reader r = {c->rx + at + AE_HEADER_BYTES, c->rx + at + AE_LENGTH_BYTES + ae_get_u32(c->rx + at)};
	uint64_t items;
	return ae_read_array(&r, &items) && ae_skip(&r) && ae_skip(&r) && ae_decode(&r, &ae_effect_schema, effect);
}

aranya_edge_status aranya_edge_next_effect(aranya_edge *c, aranya_edge_effect *effect, uint32_t timeout_ms)
{
	const ae_status status = ae_enter(c, true);
	if (c == NULL || c->callbacks > 0)
		return status;
	if (effect == NULL)
		return ae_invalid(c, "effect", "is missing");
	if (timeout_ms > ARANYA_EDGE_TIMEOUT_MS_MAX)
		return ae_invalid(c, "timeoutMs", "is out of range");
	const int64_t deadline = ae_now() + timeout_ms;
	bool in_time = true;
	while (c->unread_effects == 0) {
		if (c->failed != ARANYA_EDGE_OK)
			return ae_over(c);
		if (!c->subscribed)
			return ae_refuse(c, ARANYA_EDGE_NO_DATA, "no stream of effects: begin one with subscribe_effects");
		if (!in_time)
			return ae_timeout(c, "effects", timeout_ms);
		in_time = ae_wait(c, deadline);
	}
	const size_t at = next_marked(c, c->rx_effect, AE_MARK_EFFECT);
	c->rx_effect = at;
	c->unread_effects--;
	const bool fits = decode_effect(c, at, effect);
	ae_make_hole(c, at);
	if (!fits) {
		ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "bad-event");
		return ae_over(c);
	}
	if (effect->type != ARANYA_EDGE_EFFECT_TYPE_EFFECTS_LOST)
		c->back_effects++;
	ae_give_credit(c);
	return ARANYA_EDGE_OK;
}
