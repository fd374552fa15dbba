/* Base58, base32, hexadecimal and CRC-32C, of and into memory the caller has. */
#ifndef AE_TEXT_H
#define AE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AE_ID_BYTES 32
/* Of 32 bytes: 32 to 44 characters, without the NUL. */
#define AE_BASE58_MAX 44

/* The length of the text written; no NUL. */
size_t ae_base58_encode(const uint8_t id[AE_ID_BYTES], char text[AE_BASE58_MAX]);
/* False unless the text is exactly the base58 text of 32 bytes. */
bool ae_base58_decode(const char *text, size_t length, uint8_t id[AE_ID_BYTES]);

uint32_t ae_crc32c(const uint8_t *bytes, size_t length);

#endif
