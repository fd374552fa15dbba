#include <string.h>

#include "internal.h"

#define KEY_BYTES 160u
#define VERSION 1u
/* 1 + 160 + 4 bytes are 33 groups of base32, 264 characters, six lines of 44. */
#define BODY_BYTES (1u + KEY_BYTES + 4u)
#define BODY_CHARACTERS (BODY_BYTES / 5u * 8u)
#define LINE_CHARACTERS 44u

static const char begin_line[] = "-----BEGIN ARANYA KEY BUNDLE-----";
static const char end_line[] = "-----END ARANYA KEY BUNDLE-----";
static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char hex[] = "0123456789abcdef";

static const size_t part_bytes[] = {32, 32, 32, 64};

static ae_status put_out(const void *from, size_t length, bool is_text, void *bytes, size_t capacity, size_t *written)
{
	if (written != NULL)
		*written = length;
	if (length > capacity)
		return ARANYA_EDGE_BUFFER_TOO_SMALL;
	memcpy(bytes, from, length);
	if (is_text && capacity > length)
		((char *)bytes)[length] = '\0';
	return ARANYA_EDGE_OK;
}

static void pack(const aranya_edge_key_bundle *b, uint8_t to[KEY_BYTES])
{
	memcpy(to, b->identity_key, 32);
	memcpy(to + 32, b->signing_key, 32);
	memcpy(to + 64, b->encryption_key, 32);
	memcpy(to + 96, b->signature, 64);
}

static void unpack(const uint8_t from[KEY_BYTES], aranya_edge_key_bundle *b)
{
	memcpy(b->identity_key, from, 32);
	memcpy(b->signing_key, from + 32, 32);
	memcpy(b->encryption_key, from + 64, 32);
	memcpy(b->signature, from + 96, 64);
}

static size_t write_cbor(const aranya_edge_key_bundle *b, uint8_t *to, size_t capacity)
{
	uint8_t keys[KEY_BYTES];
	pack(b, keys);
	struct ae_writer w = {to, to + capacity, false};
	ae_write_head(&w, AE_MAJOR_ARRAY, 5);
	ae_write_head(&w, AE_MAJOR_UINT, VERSION);
	for (size_t i = 0, at = 0; i < 4; at += part_bytes[i], i++)
		ae_write_bytes(&w, keys + at, part_bytes[i]);
	return (size_t)(w.at - to);
}

static size_t write_text(const aranya_edge_key_bundle *b, char *to)
{
	uint8_t body[BODY_BYTES];
	char *at = to;
	body[0] = VERSION;
	pack(b, body + 1);
	ae_put_u32(body + 1 + KEY_BYTES, ae_crc32c(body, 1 + KEY_BYTES));
	memcpy(at, begin_line, sizeof begin_line - 1);
	at += sizeof begin_line - 1;
	for (unsigned i = 0; i < BODY_CHARACTERS; i++) {
		if (i % LINE_CHARACTERS == 0)
			*at++ = '\n';
		const unsigned bit = 5 * i;
		const unsigned pair = (unsigned)body[bit / 8] << 8 | (bit / 8 + 1 < BODY_BYTES ? body[bit / 8 + 1] : 0u);
		*at++ = base32[pair >> (11 - bit % 8) & 31u];
	}
	*at++ = '\n';
	memcpy(at, end_line, sizeof end_line - 1);
	at += sizeof end_line - 1;
	*at++ = '\n';
	return (size_t)(at - to);
}

aranya_edge_status aranya_edge_serialize_key_bundle(aranya_edge_key_bundle_scheme scheme,
						    const aranya_edge_key_bundle *key_bundle, void *bytes,
						    size_t capacity, size_t *length)
{
	uint8_t text[ARANYA_EDGE_KEY_BUNDLE_BYTES];
	if (key_bundle == NULL || (bytes == NULL && capacity > 0) || length == NULL)
		return ARANYA_EDGE_INVALID_ARGUMENT;
	switch (scheme) {
	case ARANYA_EDGE_KEY_BUNDLE_SCHEME_CBOR:
		return put_out(text, write_cbor(key_bundle, text, sizeof text), false, bytes, capacity, length);
	case ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT:
		return put_out(text, write_text(key_bundle, (char *)text), true, bytes, capacity, length);
	default:
		return ARANYA_EDGE_INVALID_ARGUMENT;
	}
}

/* One encoding only: what is written again has to be what was read. */
static bool read_cbor(const uint8_t *bytes, size_t length, aranya_edge_key_bundle *b)
{
	uint8_t copy[192];
	uint8_t again[192];
	uint8_t keys[KEY_BYTES];
	if (length > sizeof copy)
		return false;
	memcpy(copy, bytes, length);
	struct ae_reader r = {copy, copy + length};
	uint64_t items;
	uint64_t version;
	if (!ae_read_array(&r, &items) || items != 5 || !ae_read_uint(&r, &version) || version != VERSION)
		return false;
	for (size_t i = 0, at = 0; i < 4; at += part_bytes[i], i++) {
		const uint8_t *part;
		size_t part_length;
		if (!ae_read_bytes(&r, &part, &part_length) || part_length != part_bytes[i])
			return false;
		memcpy(keys + at, part, part_length);
	}
	unpack(keys, b);
	return write_cbor(b, again, sizeof again) == length && memcmp(again, bytes, length) == 0;
}

/* White space of any kind, as Unicode has it, and ">" for quoting: how many bytes of it begin here. */
static size_t layout_at(const uint8_t *at, size_t left)
{
	if ((at[0] >= 9 && at[0] <= 13) || at[0] == ' ' || at[0] == '>')
		return 1;
	if (left >= 2 && at[0] == 0xc2 && at[1] == 0xa0)
		return 2;
	if (left < 3)
		return 0;
	const uint32_t code = (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
	const bool is_three = (at[0] & 0xf0) == 0xe0;
	const bool is_space = code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 ||
			      code == 0x202f || code == 0x205f || code == 0x3000 || code == 0xfeff;
	return is_three && is_space ? 3 : 0;
}

/* The characters of `line` without its blanks; false where others stand. */
static bool next_is(const char *bare, size_t *at, size_t length, const char *line)
{
	for (; *line != '\0'; line++) {
		if (*line == ' ')
			continue;
		if (*at == length || bare[*at] != *line)
			return false;
		++*at;
	}
	return true;
}

static bool read_text(const uint8_t *bytes, size_t length, aranya_edge_key_bundle *b)
{
	char bare[sizeof begin_line + BODY_CHARACTERS + sizeof end_line];
	uint8_t body[BODY_BYTES] = {0};
	size_t count = 0;
	if (length > ARANYA_EDGE_KEY_BUNDLE_TEXT_BYTES_MAX || !ae_is_utf8(bytes, length))
		return false;
	for (size_t i = 0; i < length;) {
		const size_t layout = layout_at(bytes + i, length - i);
		if (layout > 0) {
			i += layout;
			continue;
		}
		if (count == sizeof bare)
			return false;
		bare[count++] = (char)bytes[i++];
	}
	size_t at = 0;
	if (!next_is(bare, &at, count, begin_line))
		return false;
	for (unsigned i = 0; i < BODY_CHARACTERS; i++) {
		const char *const digit = at < count && bare[at] != '\0' ? strchr(base32, bare[at]) : NULL;
		if (digit == NULL)
			return false;
		at++;
		const unsigned bit = 5 * i;
		const unsigned pair = (unsigned)(digit - base32) << (11 - bit % 8);
		body[bit / 8] |= (uint8_t)(pair >> 8);
		if (bit / 8 + 1 < BODY_BYTES)
			body[bit / 8 + 1] |= (uint8_t)pair;
	}
	if (!next_is(bare, &at, count, end_line) || at != count)
		return false;
	if (ae_get_u32(body + 1 + KEY_BYTES) != ae_crc32c(body, 1 + KEY_BYTES) || body[0] != VERSION)
		return false;
	unpack(body + 1, b);
	return true;
}

aranya_edge_status aranya_edge_deserialize_key_bundle(aranya_edge_key_bundle_scheme scheme, const void *bytes,
						      size_t length, aranya_edge_key_bundle *key_bundle)
{
	if (bytes == NULL || key_bundle == NULL)
		return ARANYA_EDGE_INVALID_ARGUMENT;
	const bool fits = scheme == ARANYA_EDGE_KEY_BUNDLE_SCHEME_CBOR	 ? read_cbor(bytes, length, key_bundle)
			  : scheme == ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT ? read_text(bytes, length, key_bundle)
									 : false;
	return fits ? ARANYA_EDGE_OK : ARANYA_EDGE_INVALID_ARGUMENT;
}

aranya_edge_status aranya_edge_serialize_id(aranya_edge_id_scheme scheme, const uint8_t id[ARANYA_EDGE_ID_BYTES],
					    void *bytes, size_t capacity, size_t *length)
{
	char text[2 * AE_ID_BYTES];
	if (id == NULL || (bytes == NULL && capacity > 0))
		return ARANYA_EDGE_INVALID_ARGUMENT;
	switch (scheme) {
	case ARANYA_EDGE_ID_SCHEME_RAW:
		return put_out(id, AE_ID_BYTES, false, bytes, capacity, length);
	case ARANYA_EDGE_ID_SCHEME_HEX:
		for (unsigned i = 0; i < AE_ID_BYTES; i++) {
			text[2 * i] = hex[id[i] >> 4];
			text[2 * i + 1] = hex[id[i] & 15];
		}
		return put_out(text, sizeof text, true, bytes, capacity, length);
	case ARANYA_EDGE_ID_SCHEME_BASE58:
		return put_out(text, ae_base58_encode(id, text), true, bytes, capacity, length);
	default:
		return ARANYA_EDGE_INVALID_ARGUMENT;
	}
}

static int hex_digit(char c)
{
	const char *const at = c == '\0' ? NULL : strchr(hex, c);
	return at == NULL ? -1 : (int)(at - hex);
}

aranya_edge_status aranya_edge_deserialize_id(aranya_edge_id_scheme scheme, const void *bytes, size_t length,
					      uint8_t id[ARANYA_EDGE_ID_BYTES])
{
	if (bytes == NULL || id == NULL)
		return ARANYA_EDGE_INVALID_ARGUMENT;
	const char *const text = bytes;
	switch (scheme) {
	case ARANYA_EDGE_ID_SCHEME_RAW:
		if (length != AE_ID_BYTES)
			return ARANYA_EDGE_INVALID_ARGUMENT;
		memcpy(id, bytes, AE_ID_BYTES);
		return ARANYA_EDGE_OK;
	case ARANYA_EDGE_ID_SCHEME_HEX:
		if (length != 2 * AE_ID_BYTES)
			return ARANYA_EDGE_INVALID_ARGUMENT;
		for (unsigned i = 0; i < AE_ID_BYTES; i++) {
			const int high = hex_digit(text[2 * i]);
			const int low = hex_digit(text[2 * i + 1]);
			if (high < 0 || low < 0)
				return ARANYA_EDGE_INVALID_ARGUMENT;
			id[i] = (uint8_t)(high << 4 | low);
		}
		return ARANYA_EDGE_OK;
	case ARANYA_EDGE_ID_SCHEME_BASE58:
		return ae_base58_decode(text, length, id) ? ARANYA_EDGE_OK : ARANYA_EDGE_INVALID_ARGUMENT;
	default:
		return ARANYA_EDGE_INVALID_ARGUMENT;
	}
}
