#include "deadline.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

/* As much has room in a pipe that poll calls writable. What else is at the other end of standard output may block. */
#define AT_ONCE 4096

static int64_t end_ms;

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int left_ms(void) {
  const int64_t left = end_ms - now_ms();
  return left > 0 ? (int)left : 0;
}

void deadline_start(unsigned seconds) { end_ms = now_ms() + (int64_t)seconds * 1000; }

struct timeval deadline_left(void) {
  const int left = left_ms();
  return (struct timeval){.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 + 1};
}

/* Whether something can be done with it; an error can. */
static int is_ready(int fd, short events) {
  struct pollfd polled = {fd, events, 0};
  int count;
  while ((count = poll(&polled, 1, left_ms())) < 0 && errno == EINTR) continue;
  return count != 0;
}

ssize_t read_until_deadline(int fd, char *to, size_t most) {
  while (is_ready(fd, POLLIN)) {
    const ssize_t bytes = read(fd, to, most);
    if (bytes >= 0) return bytes;
    if (errno != EINTR && errno != EAGAIN) return READ_FAILED;
  }
  return READ_LATE;
}

int write_until_deadline(int fd, const char *from, size_t bytes) {
  while (bytes > 0) {
    if (!is_ready(fd, POLLOUT)) {
      errno = ETIMEDOUT;
      return -1;
    }
    const ssize_t written = write(fd, from, bytes < AT_ONCE ? bytes : AT_ONCE);
    if (written < 0 && errno != EINTR && errno != EAGAIN) return -1;
    if (written <= 0) continue;
    from += written;
    bytes -= (size_t)written;
  }
  return 0;
}
