#include "schema.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

_Static_assert(sizeof(int) == 4, "an enum is an int of 32 bits");

/* Decoding. */

static bool decode_text(struct ae_reader *r, const struct ae_schema *schema, char **text, size_t *length)
{
	return ae_read_text(r, text, length) && *length >= schema->min && *length <= schema->max;
}

static bool decode_choice(struct ae_reader *r, const struct ae_schema *schema, int *choice)
{
	char *text;
	size_t length;
	if (!ae_read_text(r, &text, &length))
		return false;
	for (int i = 0; i < schema->count; i++) {
		const char *const name = schema->names[i];
		if (strlen(name) == length && memcmp(name, text, length) == 0) {
			*choice = i + 1;
			return true;
		}
	}
	return false;
}

static bool decode_id(struct ae_reader *r, uint8_t *id)
{
	char *text;
	size_t length;
	uint8_t bytes[AE_ID_BYTES];
	if (!ae_read_text(r, &text, &length) || !ae_base58_decode(text, length, bytes))
		return false;
	memcpy(id, bytes, sizeof bytes);
	return true;
}

/* Into the place of their texts, which are longer. */
static bool decode_ids(struct ae_reader *r, const struct ae_schema *schema, const uint8_t **ids, size_t *count)
{
	uint64_t items;
	if (!ae_read_array(r, &items) || items > schema->max)
		return false;
	uint8_t *to = r->at;
	*ids = to;
	*count = (size_t)items;
	for (; items > 0; items--, to += AE_ID_BYTES)
		if (!decode_id(r, to))
			return false;
	return true;
}

/* Packed: a text and its NUL take no more than its head and the text. */
static bool decode_texts(struct ae_reader *r, const struct ae_schema *schema, const char **texts, size_t *count)
{
	uint64_t items;
	if (!ae_read_array(r, &items) || items > schema->max)
		return false;
	char *to = (char *)r->at;
	*texts = to;
	*count = (size_t)items;
	for (; items > 0; items--) {
		char *text;
		size_t length;
		if (!decode_text(r, schema->of, &text, &length))
			return false;
		text = ae_terminate(text, length);
		memmove(to, text, length + 1);
		to += length + 1;
	}
	return true;
}

static bool decode_choices(struct ae_reader *r, const struct ae_schema *schema, int *choices, size_t *count)
{
	uint64_t items;
	if (!ae_read_array(r, &items) || items > schema->max)
		return false;
	*count = (size_t)items;
	for (uint64_t i = 0; i < items; i++)
		if (!decode_choice(r, schema->of, &choices[i]))
			return false;
	return true;
}

static bool decode_field(struct ae_reader *r, const struct ae_field *field, char *base)
{
	char *const value = base + field->offset;
	switch (field->schema->kind) {
	case AE_IDS:
		return decode_ids(r, field->schema, (const uint8_t **)(void *)value, (size_t *)(void *)(base + field->aux));
	case AE_TEXTS:
		return decode_texts(r, field->schema, (const char **)(void *)value, (size_t *)(void *)(base + field->aux));
	case AE_CHOICES:
		return decode_choices(r, field->schema, (int *)(void *)value, (size_t *)(void *)(base + field->aux));
	default:
		if (!ae_decode(r, field->schema, value))
			return false;
		if (field->optional && field->aux != AE_NO_OFFSET)
			*(bool *)(base + field->aux) = true;
		return true;
	}
}

static bool is(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* `pairs` of them; of a tagged union the key `type` has been read and is passed over. */
static bool decode_fields(struct ae_reader *r, uint64_t pairs, const struct ae_schema *schema, char *base, bool tagged)
{
	uint32_t seen = 0;
	bool tag_seen = false;
	for (; pairs > 0; pairs--) {
		char *key;
		size_t length;
		if (!ae_read_text(r, &key, &length))
			return false;
		if (tagged && is("type", key, length)) {
			if (tag_seen || !ae_skip(r))
				return false;
			tag_seen = true;
			continue;
		}
		unsigned i = 0;
		while (i < schema->count && !is(schema->fields[i].name, key, length))
			i++;
		if (i == schema->count || (seen & UINT32_C(1) << i) != 0)
			return false;
		seen |= UINT32_C(1) << i;
		if (!decode_field(r, &schema->fields[i], base))
			return false;
	}
	for (unsigned i = 0; i < schema->count; i++)
		if (!schema->fields[i].optional && (seen & UINT32_C(1) << i) == 0)
			return false;
	return true;
}

static bool decode_tagged(struct ae_reader *r, const struct ae_schema *schema, char *base)
{
	uint64_t pairs;
	if (!ae_read_map(r, &pairs))
		return false;
	struct ae_reader ahead = *r;
	for (uint64_t i = 0; i < pairs; i++) {
		char *key;
		size_t length;
		if (!ae_read_text(&ahead, &key, &length))
			return false;
		if (!is("type", key, length)) {
			if (!ae_skip(&ahead))
				return false;
			continue;
		}
		if (!ae_read_text(&ahead, &key, &length))
			return false;
		for (int k = 0; k < schema->count; k++) {
			const struct ae_field *const variant = &schema->fields[k];
			if (!is(variant->name, key, length))
				continue;
			*(int *)(void *)base = k + 1;
			return decode_fields(r, pairs, variant->schema, base + variant->offset, true);
		}
		return false;
	}
	return false;
}

bool ae_decode(struct ae_reader *r, const struct ae_schema *schema, void *out)
{
	switch (schema->kind) {
	case AE_BOOL:
		return ae_read_bool(r, out);
	case AE_TEXT: {
		char *text;
		size_t length;
		if (!decode_text(r, schema, &text, &length))
			return false;
		*(const char **)out = ae_terminate(text, length);
		return true;
	}
	case AE_UINT: {
		uint64_t value;
		if (!ae_read_uint(r, &value) || value < schema->min || value > schema->max)
			return false;
		*(uint64_t *)out = value;
		return true;
	}
	case AE_BYTES: {
		const uint8_t *bytes;
		size_t length;
		if (!ae_read_bytes(r, &bytes, &length) || length != schema->max)
			return false;
		memcpy(out, bytes, length);
		return true;
	}
	case AE_ID:
		return decode_id(r, out);
	case AE_ONE_OF:
		return decode_choice(r, schema, out);
	case AE_OBJECT: {
		uint64_t pairs;
		if (!ae_read_map(r, &pairs))
			return false;
		memset(out, 0, schema->size);
		return decode_fields(r, pairs, schema, out, false);
	}
	case AE_TAGGED:
		memset(out, 0, schema->size);
		return decode_tagged(r, schema, out);
	default:
		return false;
	}
}

/* Encoding. */

struct path {
	const struct path *parent;
	const char *name;
};

static size_t write_path(const struct path *path, char *to, size_t room)
{
	size_t length = path->parent == NULL ? 0 : write_path(path->parent, to, room);
	if (length > 0 && length + 1 < room)
		to[length++] = '.';
	for (const char *c = path->name; *c != '\0' && length + 1 < room; c++)
		to[length++] = *c;
	to[length] = '\0';
	return length;
}

static bool complain(struct ae_complaint *complaint, const struct path *path, const char *reason)
{
	write_path(path, complaint->field, sizeof complaint->field);
	complaint->reason = reason;
	return false;
}

/* A setting nobody made: in an object without `has_…`, every field of it. */
static bool is_missing(const struct ae_field *field, const char *base)
{
	const char *const value = base + field->offset;
	if (field->aux != AE_NO_OFFSET)
		return !*(const bool *)(base + field->aux);
	switch (field->schema->kind) {
	case AE_TEXT:
		return *(const char *const *)(const void *)value == NULL;
	case AE_UINT:
		return *(const uint64_t *)(const void *)value == 0;
	case AE_ONE_OF:
		return *(const int *)(const void *)value == 0;
	case AE_OBJECT:
		for (unsigned i = 0; i < field->schema->count; i++)
			if (!is_missing(&field->schema->fields[i], value))
				return false;
		return true;
	default:
		return false;
	}
}

static bool encode_value(struct ae_writer *w, const struct ae_schema *schema, const void *value,
			 const struct path *path, struct ae_complaint *complaint)
{
	switch (schema->kind) {
	case AE_BOOL:
		ae_write_bool(w, *(const bool *)value);
		return true;
	case AE_TEXT: {
		const char *const text = *(const char *const *)value;
		if (text == NULL)
			return complain(complaint, path, "is missing");
		const size_t length = strnlen(text, (size_t)schema->max + 1);
		if (length < schema->min)
			return complain(complaint, path, "must not be empty");
		if (length > schema->max)
			return complain(complaint, path, "is too long");
		if (!ae_is_utf8((const uint8_t *)text, length))
			return complain(complaint, path, "must be well-formed UTF-8");
		ae_write_text(w, text);
		return true;
	}
	case AE_UINT: {
		const uint64_t number = *(const uint64_t *)value;
		if (number < schema->min || number > schema->max)
			return complain(complaint, path, "is out of range");
		ae_write_head(w, AE_MAJOR_UINT, number);
		return true;
	}
	case AE_BYTES:
		ae_write_bytes(w, value, (size_t)schema->max);
		return true;
	case AE_ID: {
		char text[AE_BASE58_MAX + 1];
		text[ae_base58_encode(value, text)] = '\0';
		ae_write_text(w, text);
		return true;
	}
	case AE_ONE_OF: {
		const int choice = *(const int *)value;
		if (choice < 1 || choice > schema->count)
			return complain(complaint, path, "is none of those there are");
		ae_write_text(w, schema->names[choice - 1]);
		return true;
	}
	case AE_OBJECT: {
		unsigned present = 0;
		for (unsigned i = 0; i < schema->count; i++)
			present += !(schema->fields[i].optional && is_missing(&schema->fields[i], value));
		ae_write_head(w, AE_MAJOR_MAP, present);
		for (unsigned i = 0; i < schema->count; i++) {
			const struct ae_field *const field = &schema->fields[i];
			if (field->optional && is_missing(field, value))
				continue;
			const struct path inner = {path, field->name};
			ae_write_text(w, field->name);
			if (!encode_value(w, field->schema, (const char *)value + field->offset, &inner, complaint))
				return false;
		}
		return true;
	}
	default:
		return complain(complaint, path, "cannot be sent");
	}
}

/* Absent: no pointer at all, or one to a text or choice that says so. */
static bool is_absent(const struct ae_schema *schema, const void *arg)
{
	if (arg == NULL)
		return true;
	if (schema->kind == AE_TEXT)
		return *(const char *const *)arg == NULL;
	return schema->kind == AE_ONE_OF && *(const int *)arg == 0;
}

bool ae_encode_params(struct ae_writer *w, const struct ae_method *method, const void *const *args,
		      uint64_t timeout_ms, struct ae_complaint *complaint)
{
	const void *values[8];
	unsigned present = 0;
	for (unsigned i = 0; i < method->param_count; i++) {
		const struct ae_field *const param = &method->params[i];
		values[i] = param->timeout ? &timeout_ms : *args++;
		if (is_absent(param->schema, values[i])) {
			if (!param->optional) {
				const struct path path = {NULL, param->name};
				return complain(complaint, &path, "is missing");
			}
			values[i] = NULL;
		} else {
			present++;
		}
	}
	ae_write_head(w, AE_MAJOR_MAP, present);
	for (unsigned i = 0; i < method->param_count; i++) {
		if (values[i] == NULL)
			continue;
		const struct path path = {NULL, method->params[i].name};
		ae_write_text(w, method->params[i].name);
		if (!encode_value(w, method->params[i].schema, values[i], &path, complaint))
			return false;
	}
	return true;
}
