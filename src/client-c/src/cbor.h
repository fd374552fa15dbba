/*
 * The CBOR of control messages: plain data only, no tags, no indefinite lengths. Reading and writing work in memory the
 * caller has; nothing is allocated. `ae_cbor_check` looks at a whole message first, so that what is read afterwards is
 * well-formed; readers check their bounds all the same.
 */
#ifndef AE_CBOR_H
#define AE_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ae_major {
	AE_MAJOR_UINT = 0,
	AE_MAJOR_NEGATIVE = 1,
	AE_MAJOR_BYTES = 2,
	AE_MAJOR_TEXT = 3,
	AE_MAJOR_ARRAY = 4,
	AE_MAJOR_MAP = 5,
	AE_MAJOR_SIMPLE = 7
};

/* Containers within each other. */
#define AE_CBOR_DEPTH_MAX 8

/* Arguments of AE_MAJOR_SIMPLE. A number that is no integer comes as AE_SIMPLE_DOUBLE. */
#define AE_SIMPLE_FALSE 20u
#define AE_SIMPLE_TRUE 21u
#define AE_SIMPLE_NULL 22u
#define AE_SIMPLE_DOUBLE 27u

struct ae_reader {
	uint8_t *at;
	uint8_t *end;
};

struct ae_head {
	uint8_t major;
	/* Of a double: AE_SIMPLE_DOUBLE, and its bits in `bits`. */
	uint64_t argument;
	uint64_t bits;
};

/* One value of plain data, well-formed UTF-8, keys that are text, and nothing after it. */
bool ae_cbor_check(const uint8_t *bytes, size_t length);

/* The next head; false at the end or for what is no plain data. */
bool ae_read_head(struct ae_reader *r, struct ae_head *head);
bool ae_read_array(struct ae_reader *r, uint64_t *items);
bool ae_read_map(struct ae_reader *r, uint64_t *pairs);
bool ae_read_bool(struct ae_reader *r, bool *value);
/* Takes integers that came as doubles too: daemons write those above 2^32 so. At most 2^53 - 1. */
bool ae_read_uint(struct ae_reader *r, uint64_t *value);
bool ae_read_bytes(struct ae_reader *r, const uint8_t **bytes, size_t *length);
/* Where the text stands; not terminated. */
bool ae_read_text(struct ae_reader *r, char **text, size_t *length);
/* Consumes a null if the next value is one. */
bool ae_read_null(struct ae_reader *r);
/* Over one value of any kind. */
bool ae_skip(struct ae_reader *r);
/*
 * Terminates a text just read, in place: it moves one byte towards its head, which is no longer needed. A NUL within
 * becomes SUB (0x1A), so that a C string ends where the text does.
 */
char *ae_terminate(char *text, size_t length);

struct ae_writer {
	uint8_t *at;
	uint8_t *end;
	/* Something did not fit. */
	bool overflow;
};

void ae_write_head(struct ae_writer *w, enum ae_major major, uint64_t argument);
void ae_write_bytes(struct ae_writer *w, const void *bytes, size_t length);
void ae_write_text(struct ae_writer *w, const char *text);
void ae_write_bool(struct ae_writer *w, bool value);

/* Well-formed UTF-8: shortest forms, no surrogates, nothing above U+10FFFF. */
bool ae_is_utf8(const uint8_t *bytes, size_t length);

#endif
