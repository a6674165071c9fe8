/*
 * A disk that keeps only what was synced, and a power cut after any number of operations; preloaded into a workload.
 *
 * Below DURABLE_ROOT every call that changes a file or a folder is counted; instead of doing number DURABLE_CUT_AT the
 * process is killed. What a sync made durable is put into DURABLE_SHADOW, by inode number:
 *
 *   contents/INODE   the bytes and mode of a file as of its last fsync or fdatasync
 *   names/INODE      the entries of a folder as of its last fsync: "INODE f|d MODE NAME" a line
 *   trace            every operation: "KIND PATH SIZE"
 *
 * Stricter than ext4, as POSIX allows: a sync of a file does not make its name durable, neither when it was created nor
 * when it was renamed, and a new folder is lost with all that is in it unless the folder above it was synced.
 *
 * Only libc's doors are watched: what Node, libuv and SQLite call. What could change a file past them (a shared writable
 * mapping other than SQLite's -shm, which is not durable by design, sendfile, synchronous descriptors) ends the process.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static size_t root_length;
static char shadow[PATH_MAX];
static long cut_at;
static long count;
static int trace = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int raw_open(const char *path, int flags, mode_t mode) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static void raw_write(int fd, const char *bytes, size_t size) {
  while (size > 0) {
    long written = syscall(SYS_write, fd, bytes, size);
    if (written <= 0) abort();
    bytes += written;
    size -= (size_t)written;
  }
}

static void fail(const char *what, const char *path) {
  char line[PATH_MAX + 100];
  int length = snprintf(line, sizeof line, "durable-shim: %s: %s\n", what, path);
  syscall(SYS_write, 2, line, (size_t)length);
  abort();
}

__attribute__((constructor)) static void begin(void) {
  const char *watched = getenv("DURABLE_ROOT");
  const char *kept = getenv("DURABLE_SHADOW");
  const char *cut = getenv("DURABLE_CUT_AT");
  if (watched == NULL || kept == NULL) return;
  snprintf(shadow, sizeof shadow, "%s", kept);
  char path[PATH_MAX + 8];
  snprintf(path, sizeof path, "%s/trace", shadow);
  trace = raw_open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (trace < 0) fail("no trace", path);
  cut_at = cut == NULL ? 0 : atol(cut);
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

/* Between the operation before and this one. The lock is held, and with it all other operations. */
static void step(const char *kind, const char *path, long size) {
  char line[PATH_MAX + 100];
  bool cut = ++count == cut_at;
  int length = snprintf(line, sizeof line, "%s%s %s %ld\n", cut ? "CUT BEFORE " : "", kind, path + root_length, size);
  raw_write(trace, line, (size_t)length);
  if (!cut) return;
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

static int unlock(int result) {
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

/* The number of an inode that loses its name must not be given to another file while the shadow may still name it. */
static void hold_inode(const char *path) { raw_open(path, O_PATH | O_NOFOLLOW, 0); }

/* --- What a sync makes durable --- */

static int begin_shadow(char *temporary, char *final, const char *kind, ino_t inode, mode_t mode) {
  snprintf(final, PATH_MAX + 40, "%s/%s/%lu", shadow, kind, (unsigned long)inode);
  snprintf(temporary, PATH_MAX + 40, "%s/%s/new", shadow, kind);
  int fd = raw_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) fail("no shadow", temporary);
  fchmod(fd, mode & 07777);
  return fd;
}

static void end_shadow(int fd, const char *temporary, const char *final) {
  syscall(SYS_close, fd);
  if (syscall(SYS_renameat2, AT_FDCWD, temporary, AT_FDCWD, final, 0) != 0) fail("no shadow", final);
}

static void keep_contents(int fd, const struct stat *status) {
  char temporary[PATH_MAX + 40], final[PATH_MAX + 40], link[40], bytes[65536];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int from = raw_open(link, O_RDONLY, 0);
  if (from < 0) fail("cannot read what is synced", link);
  int to = begin_shadow(temporary, final, "contents", status->st_ino, status->st_mode);
  for (;;) {
    long size = syscall(SYS_read, from, bytes, sizeof bytes);
    if (size < 0) fail("cannot read what is synced", link);
    if (size == 0) break;
    raw_write(to, bytes, (size_t)size);
  }
  syscall(SYS_close, from);
  end_shadow(to, temporary, final);
}

static void keep_names(const char *path, const struct stat *status) {
  char temporary[PATH_MAX + 40], final[PATH_MAX + 40], line[NAME_MAX + 100];
  DIR *folder = opendir(path);
  if (folder == NULL) fail("cannot list what is synced", path);
  int to = begin_shadow(temporary, final, "names", status->st_ino, 0600);
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    struct stat each;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (fstatat(dirfd(folder), entry->d_name, &each, AT_SYMLINK_NOFOLLOW) != 0) fail("cannot look at", entry->d_name);
    if (!S_ISREG(each.st_mode) && !S_ISDIR(each.st_mode)) continue;
    int length = snprintf(line, sizeof line, "%lu %c %o %s\n", (unsigned long)each.st_ino,
                          S_ISDIR(each.st_mode) ? 'd' : 'f', each.st_mode & 07777, entry->d_name);
    raw_write(to, line, (size_t)length);
  }
  closedir(folder);
  end_shadow(to, temporary, final);
}

static int sync_descriptor(int fd, const char *kind, long number) {
  char path[PATH_MAX];
  if (!watched(fd, path)) return (int)syscall(number, fd);
  struct stat status;
  pthread_mutex_lock(&lock);
  step(kind, path, 0);
  if (fstat(fd, &status) != 0) fail("cannot look at", path);
  if (S_ISDIR(status.st_mode)) keep_names(path, &status);
  else keep_contents(fd, &status);
  /* The real disk is asked for nothing: what counts is in the shadow. */
  return unlock(0);
}

int fsync(int fd) { return sync_descriptor(fd, "fsync", SYS_fsync); }
int fdatasync(int fd) { return sync_descriptor(fd, "fdatasync", SYS_fdatasync); }

/* --- Contents --- */

static bool ends_in_shm(const char *path) {
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, "-shm") == 0;
}

static bool begin_change(int fd, const char *kind, long size) {
  char path[PATH_MAX];
  if (!watched(fd, path) || ends_in_shm(path)) return false;
  pthread_mutex_lock(&lock);
  step(kind, path, size);
  return true;
}

static long end_change(bool ours, long result) {
  int error = errno;
  if (ours) pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

static long total(const struct iovec *parts, int number) {
  long size = 0;
  for (int each = 0; each < number; each++) size += (long)parts[each].iov_len;
  return size;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  bool ours = begin_change(fd, "write", (long)size);
  return end_change(ours, syscall(SYS_write, fd, bytes, size));
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  bool ours = begin_change(fd, "write", (long)size);
  return end_change(ours, syscall(SYS_pwrite64, fd, bytes, size, at));
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }
ssize_t writev(int fd, const struct iovec *parts, int number) {
  bool ours = begin_change(fd, "write", total(parts, number));
  return end_change(ours, syscall(SYS_writev, fd, parts, number));
}
ssize_t pwritev64(int fd, const struct iovec *parts, int number, off64_t at) {
  bool ours = begin_change(fd, "write", total(parts, number));
  return end_change(ours, syscall(SYS_pwritev, fd, parts, number, at, 0L));
}
ssize_t pwritev(int fd, const struct iovec *parts, int number, off_t at) { return pwritev64(fd, parts, number, at); }
int ftruncate64(int fd, off64_t size) {
  bool ours = begin_change(fd, "truncate", size);
  return (int)end_change(ours, syscall(SYS_ftruncate, fd, size));
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int truncate64(const char *path, off64_t size) {
  if (!below(path)) return (int)syscall(SYS_truncate, path, size);
  pthread_mutex_lock(&lock);
  step("truncate", path, size);
  return unlock((int)syscall(SYS_truncate, path, size));
}
int truncate(const char *path, off_t size) { return truncate64(path, size); }

/* --- Names --- */

static int open_at(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  if ((flags & (O_CREAT | O_TRUNC | O_DSYNC)) == 0 || !watched_at(folder, name, path)) {
    return (int)syscall(SYS_openat, folder, name, flags, mode);
  }
  if ((flags & O_DSYNC) != 0 || (flags & O_TMPFILE) == O_TMPFILE) fail("cannot simulate these flags", path);
  bool there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
  if (there ? (flags & O_TRUNC) == 0 : (flags & O_CREAT) == 0) return (int)syscall(SYS_openat, folder, name, flags, mode);
  pthread_mutex_lock(&lock);
  step(there ? "truncate" : "create", path, 0);
  return unlock((int)syscall(SYS_openat, folder, name, flags, mode));
}

#define MODE_OF(flags, mode)                          \
  mode_t mode = 0;                                    \
  if (((flags) & (O_CREAT | O_TMPFILE)) != 0) {       \
    va_list rest;                                     \
    va_start(rest, flags);                            \
    mode = (mode_t)va_arg(rest, unsigned int);        \
    va_end(rest);                                     \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE_OF(flags, mode)
  return open_at(folder, path, flags, mode);
}
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
  char old_path[PATH_MAX], new_path[PATH_MAX];
  bool ours = watched_at(from_folder, from, old_path);
  if (watched_at(to_folder, to, new_path) != ours) fail("renamed across the root", from);
  if (!ours) return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  pthread_mutex_lock(&lock);
  step("rename", new_path, 0);
  hold_inode(new_path);
  return unlock((int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return renameat2(from_folder, from, to_folder, to, 0);
}
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char *name, int flags) {
  char path[PATH_MAX];
  if (!watched_at(folder, name, path)) return (int)syscall(SYS_unlinkat, folder, name, flags);
  if (syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0) return (int)syscall(SYS_unlinkat, folder, name, flags);
  pthread_mutex_lock(&lock);
  step((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", path, 0);
  hold_inode(path);
  return unlock((int)syscall(SYS_unlinkat, folder, name, flags));
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char path[PATH_MAX];
  if (!watched_at(to_folder, to, path)) return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  pthread_mutex_lock(&lock);
  step("link", path, 0);
  return unlock((int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int mkdirat(int folder, const char *name, mode_t mode) {
  char path[PATH_MAX];
  if (!watched_at(folder, name, path) || syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0) {
    return (int)syscall(SYS_mkdirat, folder, name, mode);
  }
  pthread_mutex_lock(&lock);
  step("mkdir", path, 0);
  return unlock((int)syscall(SYS_mkdirat, folder, name, mode));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* --- What could pass us by --- */

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t at) {
  char path[PATH_MAX];
  if (fd >= 0 && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && watched(fd, path) && !ends_in_shm(path)) {
    fail("mapped for writing", path);
  }
  return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, at);
}
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t at) {
  return mmap64(address, size, protection, flags, fd, at);
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
  char path[PATH_MAX];
  if (watched(to, path)) fail("sendfile into", path);
  return syscall(SYS_sendfile, to, from, at, size);
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) { return sendfile64(to, from, at, size); }
int symlink(const char *target, const char *path) {
  if (below(path)) fail("symbolic link", path);
  return (int)syscall(SYS_symlinkat, target, AT_FDCWD, path);
}
