#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "hello.h"
#include "internal.h"
#include "methods.h"

#define TIMEOUT_MS_DEFAULT 30000u
#define RECEIVE_BYTES_DEFAULT 12288u
#define RECEIVE_BYTES_MIN 4096u
#define RECEIVE_BYTES_MAX (16u * 1024u * 1024u)
/* Between two attempts, while the daemon has too many who knock. */
#define KNOCK_MS 10

int64_t ae_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint32_t ae_timeout_of(const aranya_edge *c, const aranya_edge_options *options)
{
	const uint32_t wanted = options == NULL || options->timeout_ms == 0 ? c->timeout_ms : options->timeout_ms;
	return wanted > ARANYA_EDGE_TIMEOUT_MS_MAX ? ARANYA_EDGE_TIMEOUT_MS_MAX : wanted;
}

void ae_watch(aranya_edge *c, int64_t deadline)
{
	if (deadline < c->next_deadline)
		c->next_deadline = deadline;
}

ae_status ae_enter(aranya_edge *c, bool waits)
{
	if (c == NULL)
		return ARANYA_EDGE_INVALID_ARGUMENT;
	if (c->callbacks > 0)
		return waits ? ae_invalid(c, "client", "is in a callback: only calls with `done` may be started there")
		       : c->failed != ARANYA_EDGE_OK ? ae_over(c)
						     : ARANYA_EDGE_OK;
	/* What the call before left in rx. */
	if (c->woken) {
		c->woken = false;
		ae_scan(c);
	}
	return c->failed != ARANYA_EDGE_OK ? ae_over(c) : ARANYA_EDGE_OK;
}

/* Those whose time is up, or all once the connection is over. */
static void expire(aranya_edge *c)
{
	if (c->failed == ARANYA_EDGE_OK) {
		if (c->next_deadline == INT64_MAX)
			return;
		const int64_t now = ae_now();
		if (c->next_deadline > now)
			return;
		c->next_deadline = INT64_MAX;
		ae_expire_calls(c, now);
		ae_expire_sends(c, now);
	} else {
		c->next_deadline = INT64_MAX;
		ae_expire_calls(c, INT64_MAX);
		ae_expire_sends(c, INT64_MAX);
	}
}

bool ae_turn(aranya_edge *c)
{
	ae_flush(c);
	const bool arrived = ae_receive(c);
	expire(c);
	ae_give_credit(c);
	ae_flush(c);
	return arrived;
}

bool ae_wait(aranya_edge *c, int64_t deadline)
{
	const int64_t left = deadline - ae_now();
	int64_t wait = left < 0 ? 0 : left;
	const int until_started = aranya_edge_timeout(c);
	if (until_started >= 0 && until_started < wait)
		wait = until_started;
	struct pollfd fd = {c->fd, aranya_edge_events(c), 0};
	(void)poll(&fd, 1, wait > INT_MAX ? INT_MAX : (int)wait);
	(void)ae_turn(c);
	return left > 0;
}

aranya_edge_status aranya_edge_process(aranya_edge *c)
{
	const ae_status status = ae_enter(c, true);
	if (c == NULL || c->callbacks > 0)
		return status;
	while (ae_turn(c))
		continue;
	return c->failed != ARANYA_EDGE_OK ? ae_over(c) : ARANYA_EDGE_OK;
}

int aranya_edge_fd(const aranya_edge *c)
{
	return c == NULL ? -1 : c->fd;
}

short aranya_edge_events(const aranya_edge *c)
{
	if (c == NULL)
		return 0;
	return (short)((ae_can_receive(c) ? POLLIN : 0) | (ae_has_output(c) ? POLLOUT : 0));
}

int aranya_edge_timeout(const aranya_edge *c)
{
	if (c == NULL)
		return -1;
	if (c->woken)
		return 0;
	if (c->next_deadline == INT64_MAX)
		return -1;
	const int64_t left = c->next_deadline - ae_now();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Connecting. */

static const char *remedy_of(int error)
{
	switch (error) {
	case ENOENT:
		return "start the daemon, or give the path it was started with";
	case ECONNREFUSED:
		return "the daemon that made this socket is gone: start it again";
	case EACCES:
	case EPERM:
		return "run as a member of the socket's group";
	default:
		return "check the path and the daemon's log";
	}
}

static const char *reason_of(int error)
{
	switch (error) {
	case ENOENT:
		return "ENOENT";
	case ECONNREFUSED:
		return "ECONNREFUSED";
	case EACCES:
		return "EACCES";
	case EPERM:
		return "EPERM";
	default:
		return "the socket cannot be opened";
	}
}

static ae_status unavailable(aranya_edge *c, const char *path, int error)
{
	ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, reason_of(error));
	char message[ARANYA_EDGE_SOCKET_PATH_BYTES_MAX + 128];
	snprintf(message, sizeof message, "no daemon at %s: %s; %s", path, reason_of(error), remedy_of(error));
	ae_refuse(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, message);
	ae_add_field(c, "path", path);
	ae_add_field(c, "reason", reason_of(error));
	ae_add_field(c, "remedy", remedy_of(error));
	return ARANYA_EDGE_DAEMON_UNAVAILABLE;
}

static ae_status open_socket(aranya_edge *c, const char *path, int64_t deadline)
{
	struct sockaddr_un address;
	const size_t length = path == NULL ? 0 : strlen(path);
	if (length == 0 || length > ARANYA_EDGE_SOCKET_PATH_BYTES_MAX || length >= sizeof address.sun_path)
		return ae_invalid(c, "socketPath", "must be a path of 1 to 107 bytes");
	memset(&address, 0, sizeof address);
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, path, length);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return unavailable(c, path, errno);
	while (connect(c->fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return unavailable(c, path, errno);
		if (ae_now() >= deadline)
			return ae_timeout(c, "connect", c->timeout_ms);
		(void)poll(NULL, 0, KNOCK_MS);
	}
	return ARANYA_EDGE_OK;
}

static ae_status greet(aranya_edge *c, const aranya_edge_config *config, int64_t deadline)
{
	static const aranya_edge_config nothing;
	const uint64_t protocol = ARANYA_EDGE_PROTOCOL_VERSION;
	const void *const args[] = {&protocol, config != NULL ? config : &nothing};
	const int64_t left = deadline - ae_now();
	const aranya_edge_options options = {.timeout_ms = left > 0 ? (uint32_t)left : 1};
	aranya_edge_hello hello;
	const ae_status status = ae_call(c, &ae_method_hello, args, &hello, &options);
	if (status != ARANYA_EDGE_OK)
		return status;
	if (hello.protocol != ARANYA_EDGE_PROTOCOL_VERSION) {
		ae_refuse(c, ARANYA_EDGE_PROTOCOL_MISMATCH, "the daemon speaks another protocol");
		ae_add_number(c, "daemon", hello.protocol);
		ae_add_number(c, "client", protocol);
		return ARANYA_EDGE_PROTOCOL_MISMATCH;
	}
	c->greeted = true;
	c->back_bytes = AE_CREDIT_BYTES;
	c->back_messages = AE_CREDIT_MESSAGES;
	c->back_effects = AE_CREDIT_EFFECTS;
	ae_give_credit(c);
	ae_flush(c);
	return ARANYA_EDGE_OK;
}

aranya_edge *ae_make(uint32_t timeout_ms, size_t receive_bytes)
{
	aranya_edge *const c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->fd = -1;
	c->next_deadline = INT64_MAX;
	c->next_send_id = 1;
	c->timeout_ms = timeout_ms;
	c->rx = malloc(receive_bytes);
	c->rx_size = c->rx_fixed = receive_bytes;
	c->tx = malloc(AE_TX_BYTES);
	if (c->rx == NULL || c->tx == NULL) {
		aranya_edge_close(c);
		return NULL;
	}
	return c;
}

aranya_edge_status aranya_edge_connect(aranya_edge **client, const char *socket_path,
				       const aranya_edge_connect_options *options)
{
	static const aranya_edge_connect_options defaults;
	if (client == NULL)
		return ARANYA_EDGE_INVALID_ARGUMENT;
	if (options == NULL)
		options = &defaults;
	const uint32_t timeout_ms = options->timeout_ms == 0 ? TIMEOUT_MS_DEFAULT : options->timeout_ms;
	const size_t receive_bytes = options->receive_bytes == 0 ? RECEIVE_BYTES_DEFAULT : options->receive_bytes;
	const bool timeout_fits = timeout_ms <= ARANYA_EDGE_TIMEOUT_MS_MAX;
	const bool receive_fits = receive_bytes >= RECEIVE_BYTES_MIN && receive_bytes <= RECEIVE_BYTES_MAX;
	aranya_edge *const c = ae_make(timeout_ms, receive_fits ? receive_bytes : RECEIVE_BYTES_MIN);
	*client = c;
	if (c == NULL)
		return ARANYA_EDGE_LIMIT_REACHED;
	ae_status status;
	if (!timeout_fits || !receive_fits) {
		status = ae_invalid(c, timeout_fits ? "receiveBytes" : "timeoutMs", "is out of range");
	} else {
		const int64_t deadline = ae_now() + timeout_ms;
		status = open_socket(c, socket_path, deadline);
		if (status == ARANYA_EDGE_OK)
			status = greet(c, options->config, deadline);
	}
	/* Without changing the error that says why. */
	if (status != ARANYA_EDGE_OK)
		ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, "there is no connection");
	return status;
}

void aranya_edge_close(aranya_edge *c)
{
	if (c == NULL)
		return;
	ae_fail(c, ARANYA_EDGE_DAEMON_UNAVAILABLE, "this client was closed");
	c->failed = ARANYA_EDGE_DAEMON_UNAVAILABLE;
	expire(c);
	if (c->fd >= 0)
		close(c->fd);
	ae_forget_channels(c);
	free(c->ref_copy);
	free(c->rx);
	free(c->tx);
	free(c);
}

const char *aranya_edge_version(void)
{
	return ARANYA_EDGE_VERSION;
}

uint32_t aranya_edge_protocol_version(void)
{
	return ARANYA_EDGE_PROTOCOL_VERSION;
}
