#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "internal.h"

void ae_put_u32(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 24);
	to[1] = (uint8_t)(value >> 16);
	to[2] = (uint8_t)(value >> 8);
	to[3] = (uint8_t)value;
}

uint32_t ae_get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

bool ae_has_output(const aranya_edge *c)
{
	return c->tx_end > c->tx_start || c->ref != NULL;
}

static void drop_ref(aranya_edge *c)
{
	c->ref = NULL;
	c->ref_length = 0;
	free(c->ref_copy);
	c->ref_copy = NULL;
}

/* That many bytes of the frames, the message, the frames behind it. */
static void advance(aranya_edge *c, size_t bytes)
{
	const size_t before = (c->ref != NULL ? c->ref_at : c->tx_end) - c->tx_start;
	const size_t first = bytes < before ? bytes : before;
	c->tx_start += first;
	bytes -= first;
	if (c->ref != NULL && first == before) {
		const size_t of_ref = bytes < c->ref_length ? bytes : c->ref_length;
		c->ref += of_ref;
		c->ref_length -= of_ref;
		bytes -= of_ref;
		if (c->ref_length == 0)
			drop_ref(c);
		c->tx_start += bytes;
	}
	if (c->tx_start == c->tx_end && c->ref == NULL)
		c->tx_start = c->tx_end = 0;
}

void ae_flush(aranya_edge *c)
{
	while (c->failed == ARANYA_EDGE_OK && ae_has_output(c)) {
		struct iovec parts[3];
		unsigned count = 0;
		const size_t before_end = c->ref != NULL ? c->ref_at : c->tx_end;
		if (before_end > c->tx_start)
			parts[count++] = (struct iovec){c->tx + c->tx_start, before_end - c->tx_start};
		if (c->ref != NULL) {
			parts[count++] = (struct iovec){(void *)(uintptr_t)c->ref, c->ref_length};
			if (c->tx_end > c->ref_at)
				parts[count++] = (struct iovec){c->tx + c->ref_at, c->tx_end - c->ref_at};
		}
		struct msghdr message;
		memset(&message, 0, sizeof message);
		message.msg_iov = parts;
		message.msg_iovlen = count;
		const ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent >= 0) {
			advance(c, (size_t)sent);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, "the daemon closed the connection");
		return;
	}
}

uint8_t *ae_reserve(aranya_edge *c, size_t bytes)
{
	if (AE_TX_BYTES - c->tx_end < bytes)
		ae_flush(c);
	if (AE_TX_BYTES - c->tx_end < bytes && c->tx_start > 0) {
		memmove(c->tx, c->tx + c->tx_start, c->tx_end - c->tx_start);
		if (c->ref != NULL)
			c->ref_at -= c->tx_start;
		c->tx_end -= c->tx_start;
		c->tx_start = 0;
	}
	if (c->failed != ARANYA_EDGE_OK || AE_TX_BYTES - c->tx_end < bytes)
		return NULL;
	uint8_t *const at = c->tx + c->tx_end;
	c->tx_end += bytes;
	return at;
}

void ae_keep_ref(aranya_edge *c, uint32_t id)
{
	if (c->ref == NULL || c->ref_id != id || c->ref_copy != NULL)
		return;
	uint8_t *const copy = malloc(c->ref_length);
	if (copy == NULL) {
		/* The daemon has half a message, and would take what follows for the rest. */
		ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, "no memory for the rest of a message");
		return;
	}
	memcpy(copy, c->ref, c->ref_length);
	c->ref = c->ref_copy = copy;
}

void ae_give_credit(aranya_edge *c)
{
	if (c->failed != ARANYA_EDGE_OK || !c->greeted)
		return;
	if (c->back_bytes < AE_CREDIT_BYTES_BACK && c->back_messages < AE_CREDIT_MESSAGES / 2 &&
	    c->back_effects < AE_CREDIT_EFFECTS / 2)
		return;
	uint8_t *const at = ae_reserve(c, AE_HEADER_BYTES + 12);
	if (at == NULL)
		return; /* when there is room */
	ae_put_u32(at, 1 + 12);
	at[4] = AE_FRAME_CREDIT;
	ae_put_u32(at + 5, c->back_bytes);
	ae_put_u32(at + 9, c->back_messages);
	ae_put_u32(at + 13, c->back_effects);
	c->credit_bytes += c->back_bytes;
	c->credit_messages += c->back_messages;
	c->credit_effects += c->back_effects;
	c->back_bytes = c->back_messages = c->back_effects = 0;
}
