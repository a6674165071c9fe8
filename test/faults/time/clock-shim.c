/*
 * Another time for one process, changed while it runs: added to what the kernel says are three numbers of milliseconds
 * (64 bits each, this machine's byte order) at the beginning of the file CLOCK_SHIM_FILE. The first moves the wall clock,
 * the second the time since boot, the third the monotonic clock. The first two together are a machine that slept, all
 * three a program that stood still.
 *
 * Only libc's doors are watched: what Node, V8, libuv (which reads /proc/uptime) and OpenSSL call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t none[3];
static volatile int64_t *shift = none;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("CLOCK_SHIM_FILE");
  if (path == NULL) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) shift = mapped;
}

static void move(struct timespec *at, int64_t ms) {
  int64_t nanoseconds = at->tv_nsec + (ms % 1000) * 1000000;
  at->tv_sec += ms / 1000 + (nanoseconds < 0 ? -1 : nanoseconds / 1000000000);
  at->tv_nsec = (nanoseconds + 1000000000) % 1000000000;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  if (syscall(SYS_clock_gettime, id, at) != 0) return -1;
  if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) move(at, shift[0]);
  if (id == CLOCK_BOOTTIME) move(at, shift[1]);
  if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE) move(at, shift[2]);
  return 0;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != NULL) *at = now.tv_sec;
  return now.tv_sec;
}

static int uptime_file(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  int fd = memfd_create("uptime", MFD_CLOEXEC);
  if (fd < 0) return -1;
  char line[64];
  int length = snprintf(line, sizeof line, "%lld.%02ld 0.00\n", (long long)now.tv_sec, now.tv_nsec / 10000000);
  if (write(fd, line, (size_t)length) != length || lseek(fd, 0, SEEK_SET) != 0) abort();
  return fd;
}

#define OPEN_AS(name)                                                            \
  int name(const char *path, int flags, ...) {                                   \
    if (strcmp(path, "/proc/uptime") == 0) return uptime_file();                 \
    mode_t mode = 0;                                                             \
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {            \
      va_list rest;                                                              \
      va_start(rest, flags);                                                     \
      mode = va_arg(rest, mode_t);                                               \
      va_end(rest);                                                              \
    }                                                                            \
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);  \
  }
OPEN_AS(open)
OPEN_AS(open64)
