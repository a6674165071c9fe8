/*
 * The recording of the changes below RECORDED_ROOT, for a shim that is preloaded.
 *
 * RECORDING is the file: for each event, in the order in which they happened, a line "KIND INODE NUMBER SIZE PATH" and
 * SIZE bytes more, PATH being what follows RECORDED_ROOT.
 *
 *   create, mkdir       NUMBER: the mode
 *   write               NUMBER: where; the bytes that were written
 *   truncate            NUMBER: the size
 *   mode                NUMBER: the mode
 *   sync                of a file or a folder
 *   rename, link        the bytes are the other, older path
 *   unlink, rmdir
 *   said                what the program wrote to its standard output
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char root[PATH_MAX];
static size_t root_length;
static int recording = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int raw_open(const char *path, int flags, mode_t mode) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static void fail(const char *what, const char *path) {
  char line[PATH_MAX + 100];
  int length = snprintf(line, sizeof line, "recording-shim: %s: %s\n", what, path);
  syscall(SYS_write, 2, line, (size_t)length);
  abort();
}

static void put(const void *from, size_t size) {
  const char *bytes = from;
  while (size > 0) {
    long written = syscall(SYS_write, recording, bytes, size);
    if (written <= 0) abort();
    bytes += written;
    size -= (size_t)written;
  }
}

__attribute__((constructor)) static void begin(void) {
  const char *watched = getenv("RECORDED_ROOT");
  const char *path = getenv("RECORDING");
  if (watched == NULL || path == NULL) return;
  recording = raw_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (recording < 0) fail("no recording", path);
  snprintf(root, sizeof root, "%s", watched);
  root_length = strlen(root);
}

static bool below(const char *path) {
  return root_length > 0 && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == '\0');
}

/* The path of a descriptor, if it is one of ours. */
static bool watched(int fd, char *path) {
  if (root_length == 0 || fd < 0) return false;
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, (size_t)PATH_MAX - 1);
  if (length < 0) return false;
  path[length] = '\0';
  return below(path);
}

/* `at` itself when absolute; a path below an open folder of ours otherwise. */
static bool watched_at(int folder, const char *at, char *path) {
  if (at[0] == '/') return snprintf(path, PATH_MAX, "%s", at) < PATH_MAX && below(path);
  if (folder == AT_FDCWD || !watched(folder, path)) return false;
  size_t length = strlen(path);
  return snprintf(path + length, PATH_MAX - length, "/%s", at) > 0;
}

static void event(const char *kind, ino_t inode, long number, size_t size, const char *path) {
  char line[PATH_MAX + 100];
  if (strchr(path, '\n') != NULL) fail("a name of two lines", path);
  int length = snprintf(line, sizeof line, "%s %lu %ld %zu %s\n", kind, (unsigned long)inode, number, size, path);
  put(line, (size_t)length);
}

/* One change at a time, in the order of the recording. What failed changed nothing. */
static void begin_change(void) { pthread_mutex_lock(&lock); }
static long end_change(long result) {
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

static struct stat status_at(const char *path) {
  struct stat status;
  if (fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) != 0) fail("cannot look at", path);
  return status;
}

static struct stat status_of(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) fail("cannot look at", "a descriptor");
  return status;
}

/* The number of an inode that loses its name must not be given to another file of the same recording. */
static void hold_inode(const char *path) { raw_open(path, O_PATH | O_NOFOLLOW, 0); }
