#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* Puts a text and its NUL, cut between characters where there is no more room than `room`. */
static void put(struct ae_error *error, const char *text, size_t length, size_t room)
{
	size_t cut = length < room ? length : room - 1;
	while (cut < length && cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
		cut--;
	char *const to = error->text + error->length;
	for (size_t i = 0; i < cut; i++)
		to[i] = text[i] == '\0' ? '\x1a' : text[i];
	to[cut] = '\0';
	error->length += cut + 1;
}

/* The rest is for the fields. */
#define MESSAGE_BYTES (AE_ERROR_BYTES / 3)

static void begin_error(struct ae_error *error, ae_status status, const char *message, size_t length)
{
	error->status = status;
	error->length = 0;
	error->fields = 0;
	put(error, message, length, MESSAGE_BYTES);
	error->fields_at = error->length;
}

static void add_field(struct ae_error *error, const char *name, size_t name_length, const char *value, size_t length)
{
	/* A field of which not even the name fits is of no use. */
	if (sizeof error->text - error->length < name_length + 2)
		return;
	put(error, name, name_length, name_length + 1);
	put(error, value, length, sizeof error->text - error->length);
	error->fields++;
}

ae_status ae_refuse(aranya_edge *c, ae_status status, const char *message)
{
	begin_error(&c->error, status, message, strlen(message));
	return status;
}

void ae_add_field(aranya_edge *c, const char *name, const char *value)
{
	add_field(&c->error, name, strlen(name), value, strlen(value));
}

void ae_add_number(aranya_edge *c, const char *name, uint64_t value)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRIu64, value);
	ae_add_field(c, name, text);
}

ae_status ae_invalid(aranya_edge *c, const char *field, const char *reason)
{
	char message[160];
	snprintf(message, sizeof message, "%s: %s", field, reason);
	ae_refuse(c, ARANYA_EDGE_INVALID_ARGUMENT, message);
	ae_add_field(c, "field", field);
	ae_add_field(c, "reason", reason);
	return ARANYA_EDGE_INVALID_ARGUMENT;
}

ae_status ae_limit(aranya_edge *c, const char *name, uint64_t limit)
{
	char message[96];
	snprintf(message, sizeof message, "%s is limited to %" PRIu64, name, limit);
	ae_refuse(c, ARANYA_EDGE_LIMIT_REACHED, message);
	ae_add_number(c, "limit", limit);
	ae_add_field(c, "name", name);
	return ARANYA_EDGE_LIMIT_REACHED;
}

ae_status ae_timeout(aranya_edge *c, const char *method, uint32_t timeout_ms)
{
	char message[96];
	snprintf(message, sizeof message, "%s took longer than %" PRIu32 " ms", method, timeout_ms);
	ae_refuse(c, ARANYA_EDGE_TIMEOUT, message);
	ae_add_field(c, "method", method);
	ae_add_number(c, "timeoutMs", timeout_ms);
	return ARANYA_EDGE_TIMEOUT;
}

static bool is_name(const char *text, size_t length)
{
	if (length == 0 || length > 64 || text[0] < 'a' || text[0] > 'z')
		return false;
	for (size_t i = 1; i < length; i++) {
		const char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

static bool decode_field(struct ae_error *error, struct ae_reader *r)
{
	char *name;
	size_t name_length;
	if (!ae_read_text(r, &name, &name_length) || !is_name(name, name_length))
		return false;
	char *text;
	size_t length;
	if (ae_read_text(r, &text, &length)) {
		add_field(error, name, name_length, text, length);
		return true;
	}
	char number[32];
	struct ae_head head;
	bool truth;
	uint64_t integer;
	if (ae_read_bool(r, &truth)) {
		snprintf(number, sizeof number, "%s", truth ? "true" : "false");
	} else if (ae_read_uint(r, &integer)) {
		snprintf(number, sizeof number, "%" PRIu64, integer);
	} else if (ae_read_head(r, &head) && head.major == AE_MAJOR_NEGATIVE && head.argument <= INT64_MAX) {
		snprintf(number, sizeof number, "%" PRId64, -1 - (int64_t)head.argument);
	} else if (head.major == AE_MAJOR_SIMPLE && head.argument == AE_SIMPLE_DOUBLE) {
		double value;
		memcpy(&value, &head.bits, sizeof value);
		if (!(value - value == 0)) /* finite */
			return false;
		snprintf(number, sizeof number, "%.17g", value);
	} else {
		return false;
	}
	add_field(error, name, name_length, number, strlen(number));
	return true;
}

bool ae_decode_error(aranya_edge *c, struct ae_reader *r, ae_status *status)
{
	uint64_t items;
	uint64_t number;
	char *message;
	size_t length;
	if (!ae_read_array(r, &items) || items != 3 || !ae_read_uint(r, &number) || number == 0 || number > INT32_MAX ||
	    aranya_edge_status_name((ae_status)number) == NULL || !ae_read_text(r, &message, &length) ||
	    !ae_read_map(r, &items) || items > 16)
		return false;
	begin_error(&c->error, (ae_status)number, message, length);
	for (; items > 0; items--)
		if (!decode_field(&c->error, r))
			return false;
	*status = (ae_status)number;
	return true;
}

void ae_fail(aranya_edge *c, ae_status status, const char *reason)
{
	if (c->failed != ARANYA_EDGE_OK)
		return;
	c->failed = status;
	snprintf(c->failure, sizeof c->failure, "%s", reason);
	if (c->fd >= 0)
		shutdown(c->fd, SHUT_RDWR);
	c->tx_start = c->tx_end = 0;
	c->ref = NULL;
}

ae_status ae_over(aranya_edge *c)
{
	char message[256];
	if (c->failed == ARANYA_EDGE_PROTOCOL_MISMATCH) {
		snprintf(message, sizeof message, "the daemon sent what makes no sense: %s", c->failure);
		ae_refuse(c, c->failed, message);
	} else {
		snprintf(message, sizeof message, "%s: connect again", c->failure);
		ae_refuse(c, c->failed, message);
		ae_add_field(c, "remedy", "connect again");
	}
	ae_add_field(c, "reason", c->failure);
	return c->failed;
}

aranya_edge_status aranya_edge_error_status(const aranya_edge *c)
{
	return c == NULL ? ARANYA_EDGE_OK : c->error.status;
}

const char *aranya_edge_error_message(const aranya_edge *c)
{
	return c == NULL ? "" : c->error.text;
}

const char *aranya_edge_error_field_at(const aranya_edge *c, size_t index, const char **value)
{
	if (c == NULL || index >= c->error.fields)
		return NULL;
	const char *at = c->error.text + c->error.fields_at;
	while (index-- > 0)
		at = aranya_edge_next_text(aranya_edge_next_text(at));
	if (value != NULL)
		*value = aranya_edge_next_text(at);
	return at;
}

const char *aranya_edge_error_field(const aranya_edge *c, const char *name)
{
	const char *value;
	const char *at;
	for (size_t i = 0; name != NULL && (at = aranya_edge_error_field_at(c, i, &value)) != NULL; i++)
		if (strcmp(at, name) == 0)
			return value;
	return NULL;
}

const char *aranya_edge_status_name(aranya_edge_status status)
{
	const struct ae_schema *const codes = ae_error_codes;
	if (status == ARANYA_EDGE_OK)
		return "OK";
	return (int)status < 0 || (int)status > codes->count ? NULL : codes->names[(int)status - 1];
}

const char *aranya_edge_next_text(const char *text)
{
	return text + strlen(text) + 1;
}
