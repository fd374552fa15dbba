/* Generated from src/ipc by `npm run client-c -- generate`: change it there. */
#ifndef AE_HELLO_H
#define AE_HELLO_H

#include <stdint.h>

typedef struct aranya_edge_hello {
	uint64_t protocol;
	const char *version;
} aranya_edge_hello;

#endif
