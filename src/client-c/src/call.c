#include <string.h>

#include "internal.h"
#include "methods.h"

/* More than any request of the table: names and addresses at their longest. */
#define REQUEST_BYTES 1024u
/* The largest struct an answer is decoded into where the caller wants none, or that is an item of a list. */
#define RESULT_WORDS 64u

static struct ae_call *free_slot(aranya_edge *c)
{
	for (unsigned i = 0; i < ARANYA_EDGE_CALLS_MAX; i++)
		if (c->calls[i].state == AE_FREE)
			return &c->calls[i];
	return NULL;
}

static struct ae_call *slot_of(aranya_edge *c, uint32_t id)
{
	for (unsigned i = 0; i < ARANYA_EDGE_CALLS_MAX; i++)
		if (c->calls[i].state != AE_FREE && c->calls[i].state != AE_DONE && c->calls[i].id == id)
			return &c->calls[i];
	return NULL;
}

static uint32_t fresh_id(aranya_edge *c)
{
	uint32_t id;
	do {
		id = AE_CALL_ID_FIRST | c->next_call_id++;
	} while (slot_of(c, id) != NULL);
	return id;
}

/* OK; NO_DATA while tx has no room; INVALID_ARGUMENT. */
static ae_status write_request(aranya_edge *c, uint32_t id, const struct ae_method *method, const void *const *args,
			       uint32_t timeout_ms)
{
	uint8_t *const at = ae_reserve(c, REQUEST_BYTES);
	if (at == NULL)
		return ARANYA_EDGE_NO_DATA;
	struct ae_writer w = {at + AE_HEADER_BYTES, at + REQUEST_BYTES, false};
	struct ae_complaint complaint;
	ae_write_head(&w, AE_MAJOR_ARRAY, 3);
	ae_write_head(&w, AE_MAJOR_UINT, id);
	ae_write_text(&w, method->name);
	const bool valid = ae_encode_params(&w, method, args, timeout_ms, &complaint);
	if (!valid || w.overflow) {
		c->tx_end -= REQUEST_BYTES;
		return ae_invalid(c, valid ? "request" : complaint.field, valid ? "is too long" : complaint.reason);
	}
	const size_t length = (size_t)(w.at - at);
	ae_put_u32(at, (uint32_t)(length - AE_LENGTH_BYTES));
	at[AE_LENGTH_BYTES] = AE_FRAME_CONTROL;
	c->tx_end -= REQUEST_BYTES - length;
	return ARANYA_EDGE_OK;
}

struct request {
	const struct ae_method *method;
	const void *const *args;
	void *out;
	ae_visitor *visitor;
	void (*visit)(void);
	void *visit_user;
	aranya_edge_done *done;
	void *user;
	uint32_t timeout_ms;
	int64_t deadline;
	uint8_t state;
};

/* OK, and the slot; NO_DATA while there is no room. */
static ae_status begin(aranya_edge *c, const struct request *request, struct ae_call **begun)
{
	struct ae_call *const call = free_slot(c);
	if (call == NULL)
		return ARANYA_EDGE_NO_DATA;
	const uint32_t id = fresh_id(c);
	const ae_status status = write_request(c, id, request->method, request->args, request->timeout_ms);
	if (status != ARANYA_EDGE_OK)
		return status;
	memset(call, 0, sizeof *call);
	call->id = id;
	call->state = request->state;
	call->method = request->method;
	call->out = request->out;
	call->visitor = request->visitor;
	call->visit = request->visit;
	call->visit_user = request->visit_user;
	call->done = request->done;
	call->user = request->user;
	call->deadline = request->deadline;
	call->timeout_ms = request->timeout_ms;
	if (request->method == &ae_method_create_channel)
		memcpy(call->team_id, request->args[0], AE_ID_BYTES);
	c->calls_in_flight++;
	*begun = call;
	return ARANYA_EDGE_OK;
}

static ae_status start(aranya_edge *c, const struct request *request)
{
	struct ae_call *call;
	const ae_status status = begin(c, request, &call);
	if (status == ARANYA_EDGE_NO_DATA)
		return c->failed != ARANYA_EDGE_OK ? ae_over(c) : ae_limit(c, "calls", ARANYA_EDGE_CALLS_MAX);
	if (status != ARANYA_EDGE_OK)
		return status;
	ae_watch(c, request->deadline);
	ae_flush(c);
	return ARANYA_EDGE_OK;
}

static ae_status wait_for(aranya_edge *c, const struct request *request)
{
	struct ae_call *call;
	bool in_time = true;
	ae_status status;
	while ((status = begin(c, request, &call)) == ARANYA_EDGE_NO_DATA) {
		if (c->failed != ARANYA_EDGE_OK)
			return ae_over(c);
		if (!in_time)
			return ae_timeout(c, request->method->name, request->timeout_ms);
		in_time = ae_wait(c, request->deadline);
	}
	if (status != ARANYA_EDGE_OK)
		return status;
	ae_flush(c);
	while (call->state == AE_BLOCKING) {
		if (c->failed != ARANYA_EDGE_OK) {
			call->state = AE_FREE;
			return ae_over(c);
		}
		if (!in_time) {
			call->state = AE_GIVEN_UP;
			return ae_timeout(c, request->method->name, request->timeout_ms);
		}
		in_time = ae_wait(c, request->deadline);
	}
	call->state = AE_FREE;
	return call->status;
}

static ae_status perform(aranya_edge *c, struct request *request, const aranya_edge_options *options)
{
	const bool waits = options == NULL || options->done == NULL;
	const ae_status status = ae_enter(c, waits);
	if (status != ARANYA_EDGE_OK)
		return status;
	request->timeout_ms = ae_timeout_of(c, options);
	request->deadline = ae_now() + request->timeout_ms;
	request->state = waits ? AE_BLOCKING : AE_STARTED;
	if (!waits) {
		request->done = options->done;
		request->user = options->user;
	}
	return waits ? wait_for(c, request) : start(c, request);
}

ae_status ae_call(aranya_edge *c, const struct ae_method *method, const void *const *args, void *out,
		  const aranya_edge_options *options)
{
	struct request request = {.method = method, .args = args, .out = out};
	return perform(c, &request, options);
}

ae_status ae_list(aranya_edge *c, const struct ae_method *method, const void *const *args, ae_visitor *visitor,
		  void (*visit)(void), void *visit_user, const aranya_edge_options *options)
{
	struct request request = {
		.method = method, .args = args, .visitor = visitor, .visit = visit, .visit_user = visit_user};
	return perform(c, &request, options);
}

bool ae_request(aranya_edge *c, const struct ae_method *method, const void *const *args, aranya_edge_done *done)
{
	const struct request request = {.method = method,
					.args = args,
					.done = done,
					.user = c,
					.timeout_ms = ARANYA_EDGE_TIMEOUT_MS_MAX,
					.deadline = INT64_MAX,
					.state = done == NULL ? AE_GIVEN_UP : AE_STARTED};
	struct ae_call *call;
	if (begin(c, &request, &call) != ARANYA_EDGE_OK)
		return false;
	ae_flush(c);
	return true;
}

/* Answers. */

static bool decode_items(aranya_edge *c, struct ae_call *call, struct ae_reader *r)
{
	const struct ae_schema *const list = call->method->result;
	uint64_t items;
	if (!ae_read_array(r, &items) || items > list->max - call->items)
		return false;
	call->items += (uint32_t)items;
	for (; items > 0; items--) {
		uint64_t item[RESULT_WORDS];
		if (!ae_decode(r, list->of, item))
			return false;
		if (call->visitor == NULL || call->state == AE_GIVEN_UP)
			continue;
		c->callbacks++;
		call->visitor(call->visit, call->visit_user, item);
		c->callbacks--;
	}
	return true;
}

static ae_status bad_answer(aranya_edge *c, const struct ae_method *method)
{
	ae_refuse(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "the daemon answered with something else than the call returns");
	ae_add_field(c, "method", method->name);
	return ARANYA_EDGE_PROTOCOL_MISMATCH;
}

static ae_status decode_result(aranya_edge *c, struct ae_call *call, struct ae_reader *r)
{
	uint64_t unwanted[RESULT_WORDS];
	const struct ae_schema *const schema = call->method->result;
	const bool fits = schema->kind == AE_LIST ? decode_items(c, call, r)
						  : ae_decode(r, schema, call->out != NULL ? call->out : unwanted);
	return fits && r->at == r->end ? ARANYA_EDGE_OK : bad_answer(c, call->method);
}

/* A channel that nobody waits for any more: nobody would close it. */
static void close_late_channel(aranya_edge *c, const struct ae_call *call, struct ae_reader *r)
{
	uint8_t team_id[AE_ID_BYTES];
	uint8_t channel_id[AE_ID_BYTES];
	if (!ae_decode(r, call->method->result, channel_id))
		return;
	memcpy(team_id, call->team_id, sizeof team_id);
	const void *const args[] = {team_id, channel_id};
	(void)ae_request(c, &ae_method_delete_channel, args, NULL);
}

static void finish(aranya_edge *c, struct ae_call *call, ae_status status)
{
	aranya_edge_done *const done = call->done;
	void *const user = call->user;
	c->calls_in_flight--;
	switch (call->state) {
	case AE_BLOCKING:
		call->status = status;
		call->state = AE_DONE;
		c->woken = true;
		break;
	case AE_STARTED:
		call->state = AE_FREE;
		c->callbacks++;
		done(user, status);
		c->callbacks--;
		break;
	default:
		call->state = AE_FREE;
		break;
	}
}

void ae_answered(aranya_edge *c, uint32_t id, struct ae_reader *r, bool is_error)
{
	struct ae_call *const call = slot_of(c, id);
	if (call == NULL) {
		ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "unknown-id");
		return;
	}
	ae_status status = ARANYA_EDGE_OK;
	if (is_error) {
		if (!ae_decode_error(c, r, &status)) {
			ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "bad-error");
			return;
		}
	} else if (call->state == AE_GIVEN_UP) {
		const struct ae_call late = *call;
		finish(c, call, ARANYA_EDGE_OK);
		if (late.method == &ae_method_create_channel)
			close_late_channel(c, &late, r);
		return;
	} else {
		status = decode_result(c, call, r);
	}
	if (status == ARANYA_EDGE_OK && call->method == &ae_method_subscribe_effects)
		c->subscribed = true;
	if (status == ARANYA_EDGE_OK && call->method == &ae_method_unsubscribe_effects)
		c->subscribed = false;
	finish(c, call, status);
}

void ae_answer_part(aranya_edge *c, struct ae_reader *r)
{
	uint64_t id;
	struct ae_call *const call = ae_read_uint(r, &id) && id <= UINT32_MAX ? slot_of(c, (uint32_t)id) : NULL;
	if (call == NULL)
		ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "unknown-id");
	else if (call->method->result->kind != AE_LIST)
		ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "wrong-answer");
	else if (!decode_items(c, call, r) || r->at != r->end)
		ae_fail(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "bad-part");
}

void ae_expire_calls(aranya_edge *c, int64_t now)
{
	for (unsigned i = 0; i < ARANYA_EDGE_CALLS_MAX; i++) {
		struct ae_call *const call = &c->calls[i];
		if (c->failed != ARANYA_EDGE_OK) {
			if (call->state == AE_STARTED)
				finish(c, call, ae_over(c));
			else if (call->state == AE_GIVEN_UP)
				finish(c, call, c->failed);
			continue;
		}
		if (call->state != AE_STARTED)
			continue;
		if (call->deadline > now) {
			ae_watch(c, call->deadline);
			continue;
		}
		aranya_edge_done *const done = call->done;
		void *const user = call->user;
		call->state = AE_GIVEN_UP;
		c->callbacks++;
		done(user, ae_timeout(c, call->method->name, call->timeout_ms));
		c->callbacks--;
	}
}
