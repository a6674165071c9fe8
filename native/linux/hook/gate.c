#include "gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "deadline.h"

#define VERSION 1
#define FRAME_MOST (1 << 20)
#define ABSENCE_FILE "hooks-without-gate"
#define ABSENCE_TEXT "allow"

static int is_trusted(uid_t uid, int may_be_own) { return uid == 0 || (may_be_own && uid == getuid()); }

static enum gate_outcome outcome_of(int error) {
  if (error == ENOENT || error == ECONNREFUSED) return GATE_ABSENT;
  return error == EAGAIN ? GATE_LATE : GATE_UNREACHABLE;
}

/* A gate whose queue is full makes it wait. */
static int connect_until_deadline(int fd, const struct sockaddr_un *address) {
  for (;;) {
    const struct timeval left = deadline_left();
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof left) != 0) return -1;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0) return 0;
    if (errno != EINTR) return -1;
  }
}

enum gate_outcome gate_connect(const char *path, int may_be_own, int *fd) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct stat status;
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (strlen(path) >= sizeof address.sun_path) return GATE_UNREACHABLE;
  strcpy(address.sun_path, path);
  if (lstat(path, &status) != 0) return outcome_of(errno);
  if (!S_ISSOCK(status.st_mode)) return GATE_NO_SOCKET;
  *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (*fd < 0) return GATE_UNREACHABLE;
  if (connect_until_deadline(*fd, &address) != 0) return outcome_of(errno);
  if (getsockopt(*fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) return GATE_FOREIGN;
  if (!is_trusted(peer.uid, may_be_own)) return GATE_FOREIGN;
  return fcntl(*fd, F_SETFL, O_NONBLOCK) == 0 ? GATE_FOUND : GATE_UNREACHABLE;
}

int gate_may_be_absent(const char *socket_path, int may_be_own) {
  char path[sizeof((struct sockaddr_un *)0)->sun_path + sizeof ABSENCE_FILE], text[sizeof ABSENCE_TEXT + 1];
  struct stat status;
  const size_t folder = (size_t)(strrchr(socket_path, '/') + 1 - socket_path);
  if (folder + sizeof ABSENCE_FILE > sizeof path) return 0;
  memcpy(path, socket_path, folder);
  strcpy(path + folder, ABSENCE_FILE);
  /* A pipe in its place would be waited for. */
  const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return 0;
  const int is_private = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && is_trusted(status.st_uid, may_be_own) &&
                         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  const ssize_t bytes = is_private ? read_until_deadline(fd, text, sizeof text) : 0;
  close(fd);
  const size_t wanted = strlen(ABSENCE_TEXT);
  if (bytes != (ssize_t)wanted && !(bytes == (ssize_t)wanted + 1 && text[wanted] == '\n')) return 0;
  return memcmp(text, ABSENCE_TEXT, wanted) == 0;
}

int gate_ask(int fd, const char *client, const char *document, size_t bytes) {
  const size_t name = strlen(client);
  const uint32_t length = htonl((uint32_t)(2 + name + bytes));
  const char version[] = {VERSION, (char)name};
  const struct {
    const void *from;
    size_t bytes;
  } parts[] = {{&length, sizeof length}, {version, sizeof version}, {client, name}, {document, bytes}};
  for (size_t at = 0; at < sizeof parts / sizeof *parts; at++)
    if (write_until_deadline(fd, parts[at].from, parts[at].bytes) != 0)
      return errno == EPIPE || errno == ECONNRESET ? 0 : -1;
  return 0;
}

static enum frame_outcome read_whole(int fd, void *to, size_t wanted) {
  for (size_t used = 0; used < wanted;) {
    const ssize_t bytes = read_until_deadline(fd, (char *)to + used, wanted - used);
    if (bytes == READ_LATE) return FRAME_LATE;
    if (bytes <= 0) return FRAME_CUT;
    used += (size_t)bytes;
  }
  return FRAME_READ;
}

enum frame_outcome gate_read_frame(int fd, struct frame *frame) {
  uint32_t length;
  free(frame->text);
  frame->text = NULL;
  const enum frame_outcome outcome = read_whole(fd, &length, sizeof length);
  if (outcome != FRAME_READ) return outcome;
  frame->bytes = ntohl(length);
  if (frame->bytes == 0 || frame->bytes > FRAME_MOST) return FRAME_MALFORMED;
  frame->text = malloc(frame->bytes);
  if (frame->text == NULL) return FRAME_NO_MEMORY;
  return read_whole(fd, frame->text, frame->bytes);
}
