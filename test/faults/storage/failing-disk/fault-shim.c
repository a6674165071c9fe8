/*
 * A disk that fails by rule; preloaded into a program of ours.
 *
 * FAULT_RULES names a file that is mapped and read anew at every call, so that a test can change its mind while the
 * program runs. Each line is a rule:
 *
 *   KIND WORD ERRNO FIRST   calls of KIND on a path that contains WORD fail with ERRNO, from the FIRST such call on
 *
 * KIND is open (for writing or making), look (opening for anything else), list (the entries of a folder), read, write, sync,
 * rename, unlink or mkdir. The first rule that fits counts.
 * FAULT_TRACE gets a line for each call of a kind on a path that contains FAULT_WATCH:
 *
 *   KIND DESCRIPTOR ERRNO PATH    DESCRIPTOR is -1 where there is none, ERRNO is 0 where nothing was injected
 *
 * An `open` or `look` that succeeds is traced with its new descriptor, so that a reader knows when one becomes another file.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "opens.h"

enum { RULES_SIZE = 4096, MOST_RULES = 32 };

static const char *rules;
static const char *watch;
static int trace = -1;
static long seen[MOST_RULES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_RULES");
  const char *to = getenv("FAULT_TRACE");
  watch = getenv("FAULT_WATCH");
  if (path == NULL || watch == NULL) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) abort();
  void *mapped = (void *)syscall(SYS_mmap, NULL, (size_t)RULES_SIZE, PROT_READ, MAP_SHARED, fd, 0L);
  if (mapped == MAP_FAILED) abort();
  syscall(SYS_close, fd);
  if (to != NULL) trace = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  rules = mapped;
}

static void note(const char *kind, int fd, int error, const char *path) {
  char line[PATH_MAX + 64];
  if (trace < 0) return;
  int length = snprintf(line, sizeof line, "%s %d %d %s\n", kind, fd, error, path);
  syscall(SYS_write, trace, line, (size_t)length);
}

/* Is it told also where it does not fail? */
static bool changes(const char *kind) {
  static const char *const kinds[] = {"sync", "write", "rename", "unlink"};
  for (size_t at = 0; at < sizeof kinds / sizeof *kinds; at++)
    if (strcmp(kind, kinds[at]) == 0) return true;
  return false;
}

/* The number of the error that a call must fail with, or 0. */
static int fault(const char *kind, int fd, const char *path) {
  if (rules == NULL || strstr(path, watch) == NULL) return 0;
  char text[RULES_SIZE], rule_kind[16], word[256];
  int error = 0;
  pthread_mutex_lock(&lock);
  memcpy(text, rules, sizeof text);
  text[sizeof text - 1] = '\0';
  char *rest = NULL;
  int number = 0;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL && number < MOST_RULES; line = strtok_r(NULL, "\n", &rest)) {
    int rule_error = 0;
    long first = 0;
    int here = number++;
    if (sscanf(line, "%15s %255s %d %ld", rule_kind, word, &rule_error, &first) != 4) continue;
    if (strcmp(rule_kind, kind) != 0 || strstr(path, word) == NULL) continue;
    if (++seen[here] < first) break;
    error = rule_error;
    break;
  }
  pthread_mutex_unlock(&lock);
  if (error != 0 || changes(kind)) note(kind, fd, error, path);
  return error;
}

static int fault_of(const char *kind, int fd) {
  char link[40], path[PATH_MAX];
  if (rules == NULL || fd < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return fault(kind, fd, path);
}

#define FAIL_IF(number)                \
  do {                                 \
    int injected = (number);           \
    if (injected != 0) {               \
      errno = injected;                \
      return -1;                       \
    }                                  \
  } while (0)

/* As fault; of `/proc/self/fd/NUMBER` and what lies below, what it stands for. */
static int fault_behind(const char *kind, const char *path) {
  char link[40], real[PATH_MAX];
  int number = 0, used = 0;
  if (rules == NULL || sscanf(path, "/proc/self/fd/%d%n", &number, &used) != 1) return fault(kind, -1, path);
  snprintf(link, sizeof link, "/proc/self/fd/%d", number);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, real, sizeof real - 1);
  if (length < 0 || (size_t)length + strlen(path + used) >= sizeof real) return 0;
  strcpy(real + length, path + used);
  return fault(kind, number, real);
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
  bool changing = (flags & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC)) != 0;
  if (changing) FAIL_IF(fault("open", -1, path));
  else FAIL_IF(fault_behind("look", path));
  int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
  if (fd >= 0 && rules != NULL && strstr(path, watch) != NULL) note(changing ? "open" : "look", fd, 0, path);
  return fd;
}

typedef int scan(const char *, struct dirent ***, int (*)(const struct dirent *),
                 int (*)(const struct dirent **, const struct dirent **));
int scandir(const char *path, struct dirent ***names, int (*keep)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **)) {
  FAIL_IF(fault_behind("list", path));
  scan *real = (scan *)dlsym(RTLD_NEXT, "scandir");
  return real(path, names, keep, compare);
}
typedef int scan64(const char *, struct dirent64 ***, int (*)(const struct dirent64 *),
                   int (*)(const struct dirent64 **, const struct dirent64 **));
int scandir64(const char *path, struct dirent64 ***names, int (*keep)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  FAIL_IF(fault_behind("list", path));
  scan64 *real = (scan64 *)dlsym(RTLD_NEXT, "scandir64");
  return real(path, names, keep, compare);
}

ssize_t read(int fd, void *bytes, size_t size) {
  FAIL_IF(fault_of("read", fd));
  return syscall(SYS_read, fd, bytes, size);
}
ssize_t pread64(int fd, void *bytes, size_t size, off64_t at) {
  FAIL_IF(fault_of("read", fd));
  return syscall(SYS_pread64, fd, bytes, size, at);
}
ssize_t pread(int fd, void *bytes, size_t size, off_t at) { return pread64(fd, bytes, size, at); }

ssize_t write(int fd, const void *bytes, size_t size) {
  FAIL_IF(fault_of("write", fd));
  return syscall(SYS_write, fd, bytes, size);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  FAIL_IF(fault_of("write", fd));
  return syscall(SYS_pwrite64, fd, bytes, size, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }
ssize_t writev(int fd, const struct iovec *parts, int number) {
  FAIL_IF(fault_of("write", fd));
  return syscall(SYS_writev, fd, parts, number);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int number, off64_t at) {
  FAIL_IF(fault_of("write", fd));
  return syscall(SYS_pwritev, fd, parts, number, at, 0L);
}
ssize_t pwritev(int fd, const struct iovec *parts, int number, off_t at) { return pwritev64(fd, parts, number, at); }
int ftruncate64(int fd, off64_t size) {
  FAIL_IF(fault_of("write", fd));
  return (int)syscall(SYS_ftruncate, fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fsync(int fd) {
  FAIL_IF(fault_of("sync", fd));
  return (int)syscall(SYS_fsync, fd);
}
int fdatasync(int fd) {
  FAIL_IF(fault_of("sync", fd));
  return (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to) {
  FAIL_IF(fault("rename", -1, to));
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int unlink(const char *path) {
  FAIL_IF(fault("unlink", -1, path));
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
int mkdir(const char *path, mode_t mode) {
  FAIL_IF(fault("mkdir", -1, path));
  return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
