/*
 * Sends what comes on stdin to the service manager (sd_notify(3)), message by message, each ended by a NUL. For Node
 * without node:ffi, whose daemon cannot send datagrams on Unix sockets. Ends when stdin does: with the daemon.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_BYTES_MAX 2048

int main(void) {
  const char *address = getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  size_t length = address == NULL ? 0 : strlen(address);
  if (length < 2 || length >= sizeof to.sun_path || (address[0] != '/' && address[0] != '@')) return 64;
  memcpy(to.sun_path, address, length);
  if (address[0] == '@') to.sun_path[0] = '\0';
  socklen_t to_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);

  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return 71;

  char buffer[MESSAGE_BYTES_MAX];
  size_t filled = 0;
  for (;;) {
    ssize_t got = read(0, buffer + filled, sizeof buffer - filled);
    if (got <= 0) return 0;
    filled += (size_t)got;
    char *start = buffer;
    for (char *end; (end = memchr(start, '\0', filled)) != NULL;) {
      size_t bytes = (size_t)(end - start);
      sendto(fd, start, bytes, MSG_NOSIGNAL, (struct sockaddr *)&to, to_bytes);
      start = end + 1;
      filled -= bytes + 1;
    }
    if (filled == sizeof buffer) return 65; /* no message is so long */
    memmove(buffer, start, filled);
  }
}
