/*
 * Records every change that a program makes to what lies below RECORDED_ROOT, preloaded into it. What a power cut leaves
 * of it at any place is worked out afterwards (disk.ts), so that one run shows all places.
 *
 * The real disk is asked to sync nothing. Only libc's doors are watched: what Node, libuv and SQLite call. What could
 * change a file past them (a shared writable mapping other than SQLite's -shm, which is not durable by design, sendfile,
 * synchronous descriptors) ends the program; what came past all the same is found by comparing at the end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "opens.h"
#include "recording.h"

/* --- What is durable --- */

static int sync_descriptor(int fd, long number) {
  char path[PATH_MAX];
  if (!watched(fd, path)) return (int)syscall(number, fd);
  begin_change();
  event("sync", status_of(fd).st_ino, 0, 0, path + root_length);
  return (int)end_change(0);
}

int fsync(int fd) { return sync_descriptor(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_descriptor(fd, SYS_fdatasync); }

/* --- Contents --- */

static bool ends_in_shm(const char *path) {
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, "-shm") == 0;
}

static bool has_contents(int fd, char *path) { return watched(fd, path) && !ends_in_shm(path); }

/* Where what was just written through the descriptor begins. */
static off_t before_position(int fd, long written) { return (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) - written; }

static void wrote(int fd, const char *path, const struct iovec *parts, long written, off_t at) {
  if (written <= 0) return;
  event("write", status_of(fd).st_ino, at, (size_t)written, path + root_length);
  for (size_t left = (size_t)written; left > 0; parts++) {
    size_t size = parts->iov_len < left ? parts->iov_len : left;
    put(parts->iov_base, size);
    left -= size;
  }
}

static void said(const void *bytes, long size) {
  if (size <= 0) return;
  event("said", 0, 0, (size_t)size, "");
  put(bytes, (size_t)size);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  char path[PATH_MAX];
  bool ours = has_contents(fd, path);
  if (!ours && (fd != STDOUT_FILENO || recording < 0)) return syscall(SYS_write, fd, bytes, size);
  begin_change();
  long written = syscall(SYS_write, fd, bytes, size);
  struct iovec whole = {(void *)bytes, size};
  if (ours) wrote(fd, path, &whole, written, before_position(fd, written));
  else said(bytes, written);
  return end_change(written);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  char path[PATH_MAX];
  if (!has_contents(fd, path)) return syscall(SYS_pwrite64, fd, bytes, size, at);
  begin_change();
  long written = syscall(SYS_pwrite64, fd, bytes, size, at);
  struct iovec whole = {(void *)bytes, size};
  wrote(fd, path, &whole, written, at);
  return end_change(written);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }
ssize_t writev(int fd, const struct iovec *parts, int number) {
  char path[PATH_MAX];
  if (!has_contents(fd, path)) return syscall(SYS_writev, fd, parts, number);
  begin_change();
  long written = syscall(SYS_writev, fd, parts, number);
  wrote(fd, path, parts, written, before_position(fd, written));
  return end_change(written);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int number, off64_t at) {
  char path[PATH_MAX];
  if (!has_contents(fd, path)) return syscall(SYS_pwritev, fd, parts, number, at, 0L);
  begin_change();
  long written = syscall(SYS_pwritev, fd, parts, number, at, 0L);
  wrote(fd, path, parts, written, at);
  return end_change(written);
}
ssize_t pwritev(int fd, const struct iovec *parts, int number, off_t at) { return pwritev64(fd, parts, number, at); }
int ftruncate64(int fd, off64_t size) {
  char path[PATH_MAX];
  if (!has_contents(fd, path)) return (int)syscall(SYS_ftruncate, fd, size);
  begin_change();
  int result = (int)syscall(SYS_ftruncate, fd, size);
  if (result == 0) event("truncate", status_of(fd).st_ino, size, 0, path + root_length);
  return (int)end_change(result);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int truncate64(const char *path, off64_t size) {
  if (!below(path)) return (int)syscall(SYS_truncate, path, size);
  begin_change();
  int result = (int)syscall(SYS_truncate, path, size);
  if (result == 0) event("truncate", status_at(path).st_ino, size, 0, path + root_length);
  return (int)end_change(result);
}
int truncate(const char *path, off_t size) { return truncate64(path, size); }

/* --- Modes --- */

int fchmod(int fd, mode_t mode) {
  char path[PATH_MAX];
  if (!watched(fd, path)) return (int)syscall(SYS_fchmod, fd, mode);
  begin_change();
  bool other = (status_of(fd).st_mode & 07777) != mode;
  int result = (int)syscall(SYS_fchmod, fd, mode);
  if (result == 0 && other) event("mode", status_of(fd).st_ino, mode, 0, path + root_length);
  return (int)end_change(result);
}
int fchmodat(int folder, const char *name, mode_t mode, int flags) {
  char path[PATH_MAX];
  if (flags != 0 || !watched_at(folder, name, path)) return (int)syscall(SYS_fchmodat, folder, name, mode, flags);
  begin_change();
  int result = (int)syscall(SYS_fchmodat, folder, name, mode);
  if (result == 0) event("mode", status_at(path).st_ino, mode, 0, path + root_length);
  return (int)end_change(result);
}
int chmod(const char *path, mode_t mode) { return fchmodat(AT_FDCWD, path, mode, 0); }

/* --- Names --- */

static int open_at(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  if ((flags & (O_CREAT | O_TRUNC | O_DSYNC)) == 0 || !watched_at(folder, name, path)) {
    return (int)syscall(SYS_openat, folder, name, flags, mode);
  }
  if ((flags & O_DSYNC) != 0 || (flags & O_TMPFILE) == O_TMPFILE) fail("cannot record these flags", path);
  begin_change();
  bool there = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
  int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
  if (fd >= 0) {
    struct stat status = status_of(fd);
    if (!there) event("create", status.st_ino, status.st_mode & 07777, 0, path + root_length);
    else if ((flags & O_TRUNC) != 0) event("truncate", status.st_ino, 0, 0, path + root_length);
  }
  return (int)end_change(fd);
}

/* `kind`: what makes of `from` the name `to`. */
static void named(const char *kind, const char *from, const char *to) {
  size_t size = strlen(from + root_length);
  event(kind, status_at(to).st_ino, 0, size, to + root_length);
  put(from + root_length, size);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
  char old_path[PATH_MAX], new_path[PATH_MAX];
  bool ours = watched_at(from_folder, from, old_path);
  if (watched_at(to_folder, to, new_path) != ours) fail("renamed across the root", from);
  if (ours && (flags & ~(unsigned int)RENAME_NOREPLACE) != 0) fail("cannot record these flags", from);
  if (!ours) return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  begin_change();
  hold_inode(new_path);
  int result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  if (result == 0) named("rename", old_path, new_path);
  return (int)end_change(result);
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return renameat2(from_folder, from, to_folder, to, 0);
}
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char old_path[PATH_MAX], new_path[PATH_MAX];
  if (!watched_at(to_folder, to, new_path)) return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  if (!watched_at(from_folder, from, old_path)) fail("linked across the root", from);
  begin_change();
  int result = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  if (result == 0) named("link", old_path, new_path);
  return (int)end_change(result);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char *name, int flags) {
  char path[PATH_MAX];
  if (!watched_at(folder, name, path)) return (int)syscall(SYS_unlinkat, folder, name, flags);
  begin_change();
  hold_inode(path);
  int result = (int)syscall(SYS_unlinkat, folder, name, flags);
  if (result == 0) event((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", 0, 0, 0, path + root_length);
  return (int)end_change(result);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int folder, const char *name, mode_t mode) {
  char path[PATH_MAX];
  if (!watched_at(folder, name, path)) return (int)syscall(SYS_mkdirat, folder, name, mode);
  begin_change();
  int result = (int)syscall(SYS_mkdirat, folder, name, mode);
  if (result == 0) {
    struct stat status = status_at(path);
    event("mkdir", status.st_ino, status.st_mode & 07777, 0, path + root_length);
  }
  return (int)end_change(result);
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* --- What could pass us by --- */

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t at) {
  char path[PATH_MAX];
  if (fd >= 0 && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && has_contents(fd, path)) {
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
