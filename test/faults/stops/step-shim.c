/*
 * Kills a program before one of its steps, preloaded into it. A step is a call that changes a file or a cgroup below one of the
 * words of STEP_WATCH, or a signal to another process. STEP_CONTROL holds two numbers: the step that is not reached any more, 0
 * for none yet, and how many there were. Each step is a line of STEP_TRACE.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "opens.h"

/* `syscall` of libc: the one below only looks. */
static long (*next_syscall)(long, ...);
#define system_call(...) (next_syscall == NULL ? find_syscall() : next_syscall)(__VA_ARGS__)

static long (*find_syscall(void))(long, ...) {
  *(void **)&next_syscall = dlsym(RTLD_NEXT, "syscall");
  return next_syscall;
}

struct control {
  _Atomic int last;
  _Atomic int steps;
};

static struct control *control;
static int trace = -1;
static char watched_words[PATH_MAX];

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("STEP_CONTROL"), *lines = getenv("STEP_TRACE"), *words = getenv("STEP_WATCH");
  if (file == NULL || lines == NULL || words == NULL || strlen(words) >= sizeof watched_words) return;
  strcpy(watched_words, words);
  int fd = (int)system_call(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  trace = (int)system_call(SYS_openat, AT_FDCWD, lines, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) control = memory;
}

static bool is_watched(const char *path) {
  char words[PATH_MAX], *rest = NULL;
  strcpy(words, watched_words);
  for (char *word = strtok_r(words, ":", &rest); word != NULL; word = strtok_r(NULL, ":", &rest))
    if (strstr(path, word) != NULL) return true;
  return false;
}

static void step(const char *name, const char *path, const char *text, size_t size) {
  if (control == NULL || atomic_load(&control->last) == 0) return;
  char line[PATH_MAX + 64];
  int number = atomic_fetch_add(&control->steps, 1) + 1;
  int shown = size > 0 && size <= 8 ? (int)size : 0;
  int length = snprintf(line, sizeof line, "%s %s %.*s\n", name, path, shown, text);
  for (int at = 0; at < length - 1; at++)
    if (line[at] == '\n') line[at] = ' ';
  if (number == atomic_load(&control->last)) {
    system_call(SYS_write, trace, "KILLED ", 7L);
    system_call(SYS_write, trace, line, (size_t)length);
    system_call(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
  }
  system_call(SYS_write, trace, line, (size_t)length);
}

static bool path_of(int fd, char *path) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = system_call(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  return true;
}

static void step_on(const char *name, int fd, const void *text, size_t size) {
  char path[PATH_MAX];
  if (control == NULL || atomic_load(&control->last) == 0 || !path_of(fd, path) || !is_watched(path)) return;
  step(name, path, text, size);
}

static void step_at(const char *name, int folder, const char *below) {
  char path[PATH_MAX], whole[2 * PATH_MAX];
  if (control == NULL || atomic_load(&control->last) == 0) return;
  bool placed = below[0] != '/' && folder != AT_FDCWD && path_of(folder, path);
  snprintf(whole, sizeof whole, "%s%s%s", placed ? path : "", placed ? "/" : "", below);
  whole[PATH_MAX - 1] = '\0';
  if (is_watched(whole)) step(name, whole, "", 0);
}

/* ---- What libc offers ---- */

ssize_t write(int fd, const void *bytes, size_t size) {
  step_on("write", fd, bytes, size);
  return system_call(SYS_write, fd, bytes, size);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  step_on("write", fd, bytes, size);
  return system_call(SYS_pwrite64, fd, bytes, size, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }
int fsync(int fd) {
  step_on("sync", fd, "", 0);
  return (int)system_call(SYS_fsync, fd);
}
int fdatasync(int fd) {
  step_on("sync", fd, "", 0);
  return (int)system_call(SYS_fdatasync, fd);
}
int fchmod(int fd, mode_t mode) {
  step_on("mode", fd, "", 0);
  return (int)system_call(SYS_fchmod, fd, mode);
}
static int open_at(int folder, const char *name, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0) step_at("create", folder, name);
  return (int)system_call(SYS_openat, folder, name, flags, mode);
}
int mkdirat(int folder, const char *name, mode_t mode) {
  step_at("mkdir", folder, name);
  return (int)system_call(SYS_mkdirat, folder, name, mode);
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
int unlinkat(int folder, const char *name, int flags) {
  step_at((flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", folder, name);
  return (int)system_call(SYS_unlinkat, folder, name, flags);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int rename(const char *from, const char *to) {
  step_at("rename", AT_FDCWD, to);
  return (int)system_call(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int kill(pid_t pid, int signal) {
  if (pid != getpid() && signal != 0) step("signal", strsignal(signal), "", 0);
  return (int)system_call(SYS_kill, pid, signal);
}
long syscall(long number, ...) {
  long given[6];
  va_list rest;
  va_start(rest, number);
  for (int at = 0; at < 6; at++) given[at] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_pidfd_send_signal && given[1] != 0) step("signal", strsignal((int)given[1]), "", 0);
  return system_call(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
