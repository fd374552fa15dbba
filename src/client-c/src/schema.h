/*
 * What the method table says of parameters, results and effects, as data: one walk encodes any parameters, one decodes
 * any result into the C struct made for it. The tables are in tables.c, generated.
 */
#ifndef AE_SCHEMA_H
#define AE_SCHEMA_H

#include "cbor.h"

enum ae_kind {
	AE_BOOL,   /* bool */
	AE_TEXT,   /* const char *; missing: NULL */
	AE_UINT,   /* uint64_t */
	AE_BYTES,  /* uint8_t[max], exactly as many */
	AE_ID,     /* 32 bytes */
	AE_ONE_OF, /* enum, from 1 on in the order of `names`; missing: 0 */
	AE_IDS,    /* a pointer to ids, and how many */
	AE_TEXTS,  /* a pointer to texts, one behind the other, each with its NUL, and how many */
	AE_CHOICES,/* enum[max], and how many */
	AE_OBJECT, /* a struct */
	AE_TAGGED, /* enum, then a union of structs */
	AE_LIST    /* of a result: items are handed out one by one */
};

struct ae_field;

struct ae_schema {
	uint8_t kind;
	/* Of fields, names or variants. */
	uint8_t count;
	/* Bytes of the C value. */
	uint16_t size;
	/* Text and bytes: their lengths. Numbers: their values. Lists: how many. */
	uint64_t min;
	uint64_t max;
	/* Of an object its fields; of a tagged union a field for each variant, its schema an object. */
	const struct ae_field *fields;
	const char *const *names;
	/* Of a list's items, of a text or choice in a list. */
	const struct ae_schema *of;
};

#define AE_NO_OFFSET UINT16_MAX

struct ae_field {
	const char *name;
	const struct ae_schema *schema;
	uint16_t offset;
	/* Of `has_…`, a bool, where the value itself does not tell; in lists of how many there are, a size_t. */
	uint16_t aux;
	bool optional;
	/* A parameter that is the time-out of the call itself. */
	bool timeout;
};

struct ae_method {
	const char *name;
	const struct ae_field *params;
	uint8_t param_count;
	const struct ae_schema *result;
};

/*
 * Why a value was refused. `field` is the path as the reference writes it, cut where it is too long.
 */
struct ae_complaint {
	char field[64];
	const char *reason;
};

/*
 * Encodes `params`, each argument a pointer to a value of its C type, NULL where it is missing. False, with a
 * complaint, for a value the table does not allow.
 */
bool ae_encode_params(struct ae_writer *w, const struct ae_method *method, const void *const *args,
		      uint64_t timeout_ms, struct ae_complaint *complaint);

/*
 * Decodes one value that `ae_cbor_check` has passed into `out`. Texts are terminated in place and stay where they are.
 * False for anything the table does not say, unknown keys included.
 */
bool ae_decode(struct ae_reader *r, const struct ae_schema *schema, void *out);

#endif
