#include "cbor.h"

#include <string.h>

bool ae_read_head(struct ae_reader *r, struct ae_head *head)
{
	if (r->at >= r->end)
		return false;
	const uint8_t first = *r->at;
	const uint8_t info = first & 31u;
	if (info > 27)
		return false;
	const size_t width = info < 24 ? 0 : (size_t)1 << (info - 24u);
	if (width > (size_t)(r->end - r->at) - 1)
		return false;
	uint64_t argument = info;
	if (width > 0) {
		argument = 0;
		for (size_t i = 1; i <= width; i++)
			argument = argument << 8 | r->at[i];
	}
	head->major = first >> 5;
	head->argument = argument;
	head->bits = 0;
	if (head->major == AE_MAJOR_SIMPLE) {
		if (info == AE_SIMPLE_DOUBLE) {
			head->bits = argument;
			head->argument = AE_SIMPLE_DOUBLE;
		} else if (info < AE_SIMPLE_FALSE || info > AE_SIMPLE_NULL) {
			return false;
		}
	} else if (head->major > AE_MAJOR_MAP) {
		return false;
	}
	r->at += 1 + width;
	return true;
}

static bool read_content(struct ae_reader *r, uint8_t major, uint8_t **content, size_t *length)
{
	struct ae_reader ahead = *r;
	struct ae_head head;
	if (!ae_read_head(&ahead, &head) || head.major != major || head.argument > (uint64_t)(ahead.end - ahead.at))
		return false;
	*content = ahead.at;
	*length = (size_t)head.argument;
	r->at = ahead.at + *length;
	return true;
}

static bool read_count(struct ae_reader *r, uint8_t major, uint64_t *count)
{
	struct ae_reader ahead = *r;
	struct ae_head head;
	/* Every item takes a byte at least, so no count is beyond what is there. */
	if (!ae_read_head(&ahead, &head) || head.major != major || head.argument > (uint64_t)(ahead.end - ahead.at))
		return false;
	*count = head.argument;
	r->at = ahead.at;
	return true;
}

bool ae_read_array(struct ae_reader *r, uint64_t *items)
{
	return read_count(r, AE_MAJOR_ARRAY, items);
}

bool ae_read_map(struct ae_reader *r, uint64_t *pairs)
{
	return read_count(r, AE_MAJOR_MAP, pairs);
}

bool ae_read_bool(struct ae_reader *r, bool *value)
{
	struct ae_reader ahead = *r;
	struct ae_head head;
	if (!ae_read_head(&ahead, &head) || head.major != AE_MAJOR_SIMPLE || head.argument > AE_SIMPLE_TRUE)
		return false;
	*value = head.argument == AE_SIMPLE_TRUE;
	r->at = ahead.at;
	return true;
}

bool ae_read_null(struct ae_reader *r)
{
	if (r->at >= r->end || *r->at != (AE_MAJOR_SIMPLE << 5 | AE_SIMPLE_NULL))
		return false;
	r->at++;
	return true;
}

#define UINT_MAX_SAFE ((UINT64_C(1) << 53) - 1)

bool ae_read_uint(struct ae_reader *r, uint64_t *value)
{
	struct ae_reader ahead = *r;
	struct ae_head head;
	if (!ae_read_head(&ahead, &head))
		return false;
	if (head.major == AE_MAJOR_UINT) {
		*value = head.argument;
	} else if (head.major == AE_MAJOR_SIMPLE && head.argument == AE_SIMPLE_DOUBLE) {
		double number;
		memcpy(&number, &head.bits, sizeof number);
		/* False for what is no number too. */
		if (!(number >= 0 && number <= (double)UINT_MAX_SAFE))
			return false;
		*value = (uint64_t)number;
		if ((double)*value != number)
			return false;
	} else {
		return false;
	}
	if (*value > UINT_MAX_SAFE)
		return false;
	r->at = ahead.at;
	return true;
}

bool ae_read_bytes(struct ae_reader *r, const uint8_t **bytes, size_t *length)
{
	uint8_t *content;
	if (!read_content(r, AE_MAJOR_BYTES, &content, length))
		return false;
	*bytes = content;
	return true;
}

bool ae_read_text(struct ae_reader *r, char **text, size_t *length)
{
	uint8_t *content;
	if (!read_content(r, AE_MAJOR_TEXT, &content, length))
		return false;
	*text = (char *)content;
	return true;
}

char *ae_terminate(char *text, size_t length)
{
	char *const start = text - 1;
	memmove(start, text, length);
	for (size_t i = 0; i < length; i++)
		if (start[i] == '\0')
			start[i] = '\x1a';
	start[length] = '\0';
	return start;
}

bool ae_skip(struct ae_reader *r)
{
	uint64_t left = 1;
	while (left > 0) {
		struct ae_head head;
		if (!ae_read_head(r, &head))
			return false;
		left--;
		const uint64_t room = (uint64_t)(r->end - r->at);
		switch (head.major) {
		case AE_MAJOR_BYTES:
		case AE_MAJOR_TEXT:
			if (head.argument > room)
				return false;
			r->at += head.argument;
			break;
		case AE_MAJOR_ARRAY:
		case AE_MAJOR_MAP:
			if (head.argument > room)
				return false;
			left += head.major == AE_MAJOR_MAP ? 2 * head.argument : head.argument;
			break;
		default:
			break;
		}
	}
	return true;
}

bool ae_cbor_check(const uint8_t *bytes, size_t length)
{
	/* The reader's pointers are those of memory that may be changed; nothing is here. */
	struct ae_reader r = {(uint8_t *)(uintptr_t)bytes, (uint8_t *)(uintptr_t)bytes + length};
	struct {
		uint64_t left;
		bool is_map;
	} open[AE_CBOR_DEPTH_MAX];
	unsigned depth = 0;
	do {
		struct ae_head head;
		if (!ae_read_head(&r, &head))
			return false;
		if (depth > 0) {
			if (open[depth - 1].is_map && open[depth - 1].left % 2 == 0 && head.major != AE_MAJOR_TEXT)
				return false;
			open[depth - 1].left--;
		}
		const uint64_t room = (uint64_t)(r.end - r.at);
		switch (head.major) {
		case AE_MAJOR_BYTES:
		case AE_MAJOR_TEXT:
			if (head.argument > room)
				return false;
			if (head.major == AE_MAJOR_TEXT && !ae_is_utf8(r.at, (size_t)head.argument))
				return false;
			r.at += head.argument;
			break;
		case AE_MAJOR_ARRAY:
		case AE_MAJOR_MAP: {
			const bool is_map = head.major == AE_MAJOR_MAP;
			if (head.argument > room || (is_map && 2 * head.argument > room) || depth == AE_CBOR_DEPTH_MAX)
				return false;
			open[depth].left = is_map ? 2 * head.argument : head.argument;
			open[depth].is_map = is_map;
			depth++;
			break;
		}
		default:
			break;
		}
		while (depth > 0 && open[depth - 1].left == 0)
			depth--;
	} while (depth > 0);
	return r.at == r.end;
}

void ae_write_head(struct ae_writer *w, enum ae_major major, uint64_t argument)
{
	unsigned width = 0;
	uint8_t info = (uint8_t)argument;
	if (argument > UINT32_MAX) {
		width = 8;
		info = 27;
	} else if (argument > UINT16_MAX) {
		width = 4;
		info = 26;
	} else if (argument > UINT8_MAX) {
		width = 2;
		info = 25;
	} else if (argument > 23) {
		width = 1;
		info = 24;
	}
	if ((size_t)(w->end - w->at) < 1u + width) {
		w->overflow = true;
		return;
	}
	*w->at++ = (uint8_t)((unsigned)major << 5 | info);
	for (unsigned i = width; i-- > 0;)
		*w->at++ = (uint8_t)(argument >> 8 * i);
}

static void write_content(struct ae_writer *w, enum ae_major major, const void *content, size_t length)
{
	ae_write_head(w, major, length);
	if (w->overflow || (size_t)(w->end - w->at) < length) {
		w->overflow = true;
		return;
	}
	if (length > 0)
		memcpy(w->at, content, length);
	w->at += length;
}

void ae_write_bytes(struct ae_writer *w, const void *bytes, size_t length)
{
	write_content(w, AE_MAJOR_BYTES, bytes, length);
}

void ae_write_text(struct ae_writer *w, const char *text)
{
	write_content(w, AE_MAJOR_TEXT, text, strlen(text));
}

void ae_write_bool(struct ae_writer *w, bool value)
{
	ae_write_head(w, AE_MAJOR_SIMPLE, value ? AE_SIMPLE_TRUE : AE_SIMPLE_FALSE);
}

bool ae_is_utf8(const uint8_t *b, size_t length)
{
	size_t i = 0;
	while (i < length) {
		const uint8_t first = b[i];
		if (first < 0x80) {
			i++;
			continue;
		}
		const unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
		if (first < 0xc2 || first > 0xf4 || length - i <= more)
			return false;
		uint32_t code = first & (0x3fu >> more);
		for (unsigned k = 1; k <= more; k++) {
			if ((b[i + k] & 0xc0) != 0x80)
				return false;
			code = code << 6 | (b[i + k] & 0x3fu);
		}
		if ((more == 2 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) ||
		    (more == 3 && (code < 0x10000 || code > 0x10ffff)))
			return false;
		i += 1 + more;
	}
	return true;
}
