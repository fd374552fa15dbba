#include <string.h>

#include "internal.h"

/* Longer ones are sent from where they are: copying costs more than another part of the same system call. */
#define COPY_BYTES_MAX 1024u

_Static_assert(ARANYA_EDGE_MESSAGE_BYTES_MAX < 1u << 21, "the bytes of a message fit");
_Static_assert(ARANYA_EDGE_DAEMON_UNAVAILABLE < 1 << 7, "a status fits");

static uint32_t after(uint32_t id)
{
	return id + 1 == AE_CALL_ID_FIRST ? 1 : id + 1;
}

/* NULL while too much is in flight. */
static struct ae_send *free_send(aranya_edge *c, size_t length, uint32_t *id)
{
	if (c->sends_in_flight == ARANYA_EDGE_SENDS_MAX ||
	    c->send_bytes + length > ARANYA_EDGE_SEND_BYTES_IN_FLIGHT_MAX)
		return NULL;
	for (unsigned i = 0; i < ARANYA_EDGE_SENDS_MAX; i++) {
		*id = c->next_send_id;
		c->next_send_id = after(c->next_send_id);
		struct ae_send *const send = &c->sends[*id % ARANYA_EDGE_SENDS_MAX];
		if (send->state == AE_FREE)
			return send;
	}
	return NULL;
}

static struct ae_send *send_of(aranya_edge *c, uint32_t id)
{
	struct ae_send *const send = &c->sends[id % ARANYA_EDGE_SENDS_MAX];
	return send->state != AE_FREE && send->state != AE_DONE && send->id == id ? send : NULL;
}

struct message {
	const uint8_t *bytes;
	size_t length;
	const uint8_t *channel_id;
	int64_t deadline;
	uint32_t timeout_ms;
};

/* False while there is no room. */
static bool begin(aranya_edge *c, const struct message *m, uint8_t state, struct ae_send **begun)
{
	const bool copies = m->length <= COPY_BYTES_MAX;
	if (!copies && c->ref != NULL)
		ae_flush(c);
	if (!copies && c->ref != NULL)
		return false;
	const size_t header = AE_HEADER_BYTES + AE_SEND_DATA_BYTES;
	uint8_t *const at = ae_reserve(c, header + (copies ? m->length : 0));
	if (at == NULL)
		return false;
	uint32_t id;
	struct ae_send *const send = free_send(c, m->length, &id);
	if (send == NULL) {
		c->tx_end -= header + (copies ? m->length : 0);
		return false;
	}
	const int64_t left = m->deadline - ae_now();
	ae_put_u32(at, (uint32_t)(1 + AE_SEND_DATA_BYTES + m->length));
	at[4] = AE_FRAME_SEND_DATA;
	ae_put_u32(at + 5, id);
	memcpy(at + 9, m->channel_id, AE_ID_BYTES);
	ae_put_u32(at + 9 + AE_ID_BYTES, left < 0 ? 0 : (uint32_t)left);
	if (copies) {
		if (m->length > 0)
			memcpy(at + header, m->bytes, m->length);
	} else {
		c->ref = m->bytes;
		c->ref_length = m->length;
		c->ref_at = c->tx_end;
		c->ref_id = id;
	}
	send->id = id;
	send->bytes = (uint32_t)m->length & 0x1fffffu;
	send->state = state & 15u;
	send->deadline = m->deadline;
	send->done = NULL;
	c->sends_in_flight++;
	c->send_bytes += m->length;
	*begun = send;
	return true;
}

static ae_status start(aranya_edge *c, const struct message *m, const aranya_edge_options *options)
{
	struct ae_send *send;
	const bool alone = c->sends_in_flight == 0;
	if (!begin(c, m, AE_STARTED, &send))
		return c->failed != ARANYA_EDGE_OK ? ae_over(c) : ae_limit(c, "sends", ARANYA_EDGE_SENDS_MAX);
	send->done = options->done;
	send->user = options->user;
	ae_watch(c, m->deadline);
	/* Who sends one at a time waits for it; who sends many gets them into one system call. */
	if (alone || c->ref != NULL)
		ae_flush(c);
	return ARANYA_EDGE_OK;
}

static ae_status wait_for(aranya_edge *c, const struct message *m)
{
	struct ae_send *send;
	bool in_time = true;
	while (!begin(c, m, AE_BLOCKING, &send)) {
		if (c->failed != ARANYA_EDGE_OK)
			return ae_over(c);
		if (!in_time)
			return ae_timeout(c, "sendData", m->timeout_ms);
		in_time = ae_wait(c, m->deadline);
	}
	ae_flush(c);
	while (send->state == AE_BLOCKING) {
		if (c->failed != ARANYA_EDGE_OK) {
			send->state = AE_FREE;
			return ae_over(c);
		}
		if (!in_time) {
			send->state = AE_GIVEN_UP;
			ae_keep_ref(c, send->id);
			return ae_timeout(c, "sendData", m->timeout_ms);
		}
		in_time = ae_wait(c, m->deadline);
	}
	send->state = AE_FREE;
	return (ae_status)send->status == ARANYA_EDGE_TIMEOUT ? ae_timeout(c, "sendData", m->timeout_ms)
							      : (ae_status)send->status;
}

aranya_edge_status aranya_edge_send_data(aranya_edge *c, const void *bytes, size_t length,
					 const aranya_edge_channel_id *channel_id, const aranya_edge_options *options)
{
	const bool waits = options == NULL || options->done == NULL;
	const ae_status status = ae_enter(c, waits);
	if (status != ARANYA_EDGE_OK)
		return status;
	if (bytes == NULL && length > 0)
		return ae_invalid(c, "bytes", "is missing");
	if (channel_id == NULL)
		return ae_invalid(c, "channelId", "is missing");
	if (length > ARANYA_EDGE_MESSAGE_BYTES_MAX) {
		ae_refuse(c, ARANYA_EDGE_MESSAGE_TOO_LARGE, "a message is too long");
		ae_add_number(c, "limit", ARANYA_EDGE_MESSAGE_BYTES_MAX);
		return ARANYA_EDGE_MESSAGE_TOO_LARGE;
	}
	const uint32_t timeout_ms = ae_timeout_of(c, options);
	const struct message m = {bytes, length, channel_id->bytes, ae_now() + timeout_ms, timeout_ms};
	return waits ? wait_for(c, &m) : start(c, &m, options);
}

static void finish(aranya_edge *c, struct ae_send *send, ae_status status)
{
	/* Answered before all of it was sent, by a daemon that lies: what is left must not be read from the application. */
	ae_keep_ref(c, send->id);
	c->sends_in_flight--;
	c->send_bytes -= send->bytes;
	switch (send->state) {
	case AE_BLOCKING:
		send->status = (uint32_t)status & 127u;
		send->state = AE_DONE;
		c->woken = true;
		break;
	case AE_STARTED: {
		aranya_edge_done *const done = send->done;
		void *const user = send->user;
		send->state = AE_FREE;
		c->callbacks++;
		done(user, status);
		c->callbacks--;
		break;
	}
	default:
		send->state = AE_FREE;
		break;
	}
}

#define RANGE_BYTES 9u

void ae_sent(aranya_edge *c, const uint8_t *body, size_t length)
{
	if (length == 0 || length % RANGE_BYTES != 0) {
		ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "truncated");
		return;
	}
	for (; length > 0; body += RANGE_BYTES, length -= RANGE_BYTES) {
		const uint32_t first = ae_get_u32(body);
		const uint32_t count = ae_get_u32(body + 4);
		if (count == 0 || count > ARANYA_EDGE_SENDS_MAX || body[8] > 1) {
			ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "bad-range");
			return;
		}
		for (uint32_t i = 0; i < count; i++) {
			struct ae_send *const send = send_of(c, first + i);
			if (send == NULL) {
				ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "unknown-id");
				return;
			}
			finish(c, send, body[8] == 1 ? ARANYA_EDGE_OK : ARANYA_EDGE_TIMEOUT);
		}
	}
}

void ae_send_refused(aranya_edge *c, uint32_t id, ae_status status)
{
	struct ae_send *const send = send_of(c, id);
	if (send == NULL)
		ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "unknown-id");
	else
		finish(c, send, status);
}

void ae_expire_sends(aranya_edge *c, int64_t now)
{
	for (unsigned i = 0; i < ARANYA_EDGE_SENDS_MAX; i++) {
		struct ae_send *const send = &c->sends[i];
		if (c->failed != ARANYA_EDGE_OK) {
			if (send->state == AE_STARTED)
				finish(c, send, ae_over(c));
			else if (send->state == AE_GIVEN_UP)
				finish(c, send, c->failed);
			continue;
		}
		if (send->state != AE_STARTED)
			continue;
		if (send->deadline > now) {
			ae_watch(c, send->deadline);
			continue;
		}
		aranya_edge_done *const done = send->done;
		void *const user = send->user;
		send->state = AE_GIVEN_UP;
		ae_keep_ref(c, send->id);
		c->callbacks++;
		ae_refuse(c, ARANYA_EDGE_TIMEOUT, "a message was not acknowledged in time");
		ae_add_field(c, "method", "sendData");
		done(user, ARANYA_EDGE_TIMEOUT);
		c->callbacks--;
	}
}
