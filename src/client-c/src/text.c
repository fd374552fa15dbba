#include "text.h"

#include <string.h>

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

size_t ae_base58_encode(const uint8_t id[AE_ID_BYTES], char text[AE_BASE58_MAX])
{
	uint8_t digits[AE_BASE58_MAX];
	size_t count = 0;
	size_t zeros = 0;
	while (zeros < AE_ID_BYTES && id[zeros] == 0)
		zeros++;
	for (size_t i = zeros; i < AE_ID_BYTES; i++) {
		unsigned carry = id[i];
		for (size_t k = 0; k < count; k++) {
			carry += (unsigned)digits[k] << 8;
			digits[k] = (uint8_t)(carry % 58);
			carry /= 58;
		}
		while (carry > 0) {
			digits[count++] = (uint8_t)(carry % 58);
			carry /= 58;
		}
	}
	size_t length = 0;
	while (length < zeros)
		text[length++] = alphabet[0];
	while (count > 0)
		text[length++] = alphabet[digits[--count]];
	return length;
}

static int digit_of(char c)
{
	const char *const at = c == '\0' ? NULL : strchr(alphabet, c);
	return at == NULL ? -1 : (int)(at - alphabet);
}

bool ae_base58_decode(const char *text, size_t length, uint8_t id[AE_ID_BYTES])
{
	if (length < AE_ID_BYTES || length > AE_BASE58_MAX)
		return false;
	uint8_t bytes[AE_ID_BYTES] = {0}; /* lowest first */
	size_t count = 0;
	size_t zeros = 0;
	while (zeros < length && text[zeros] == alphabet[0])
		zeros++;
	for (size_t i = zeros; i < length; i++) {
		const int digit = digit_of(text[i]);
		if (digit < 0)
			return false;
		unsigned carry = (unsigned)digit;
		for (size_t k = 0; k < count; k++) {
			carry += 58u * bytes[k];
			bytes[k] = (uint8_t)carry;
			carry >>= 8;
		}
		while (carry > 0) {
			if (count == AE_ID_BYTES)
				return false;
			bytes[count++] = (uint8_t)carry;
			carry >>= 8;
		}
	}
	if (zeros + count != AE_ID_BYTES)
		return false;
	memset(id, 0, zeros);
	for (size_t k = 0; k < count; k++)
		id[zeros + k] = bytes[count - 1 - k];
	return true;
}

uint32_t ae_crc32c(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1u)));
	}
	return ~crc;
}
