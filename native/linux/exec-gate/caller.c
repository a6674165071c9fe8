#include "caller.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#define ARGUMENTS_MOST 4096
#define ARGUMENTS_A_READ 64
/* A caller falls asleep in microseconds, and in more on a busy machine. */
#define RUNNING_LOOKS 1000
#define RUNNING_US 50
/* process_vm_readv stops at the first page that is not mapped: a text is read up to the end of its page, then on. */
#define PAGE 4096

static ssize_t read_proc(int tid, const char *name, char *to, size_t room) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/%s", tid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t bytes = read(fd, to, room - 1);
  close(fd);
  if (bytes >= 0) to[bytes] = '\0';
  return bytes;
}

/* Of the login that the process comes from; sudo does not change it. */
static uid_t login_of(int tid) {
  char text[32];
  unsigned login;
  return read_proc(tid, "loginuid", text, sizeof text) > 0 && sscanf(text, "%u", &login) == 1 ? login : NO_USER;
}

int caller_of(int tid, struct caller *caller) {
  char text[2048];
  if (read_proc(tid, "status", text, sizeof text) < 0) return 0;
  /* The name of a process may hold anything but a line feed, which the kernel escapes. */
  const char *group = strstr(text, "\nTgid:"), *user = strstr(text, "\nUid:");
  uid_t *users = caller->users;
  if (group == NULL || user == NULL || sscanf(user, "\nUid:%u%u%u", &users[0], &users[1], &users[2]) != 3) return 0;
  users[3] = login_of(tid);
  return sscanf(group, "\nTgid:%d", &caller->pid) == 1 && caller->pid > 0;
}

int caller_shares(const struct caller *one, const struct caller *other) {
  return one->users[0] == other->users[0] || (one->users[3] != NO_USER && one->users[3] == other->users[3]);
}

int caller_may_be_read(void) {
  static int known = -1;
  if (known >= 0) return known;
  struct utsname system;
  unsigned major = 0, minor = 0;
  if (uname(&system) == 0) sscanf(system.release, "%u.%u", &major, &minor);
  return known = major > 5 || (major == 5 && minor >= 11);
}

static uint64_t argument_array(int tid) {
  char text[256];
  long call;
  unsigned long long first, second, third;
  /* The kernel asks us just before the caller goes to sleep. Until then only this is known of it. */
  for (int looks = 0;; looks++) {
    if (read_proc(tid, "syscall", text, sizeof text) < 0 || looks == RUNNING_LOOKS) return 0;
    if (strncmp(text, "running", 7) != 0) break;
    usleep(RUNNING_US);
  }
  if (sscanf(text, "%ld %llx %llx %llx", &call, &first, &second, &third) != 4) return 0;
  if (call == SYS_execve) return second;
  return call == SYS_execveat ? third : 0;
}

static ssize_t copy_from(int tid, uint64_t at, void *to, size_t bytes) {
  struct iovec here = {to, bytes}, there = {(void *)(uintptr_t)at, bytes};
  return process_vm_readv(tid, &here, 1, &there, 1, 0);
}

/* Bytes with the NUL behind them, or -1. */
static ssize_t copy_text(int tid, uint64_t at, char *to, size_t room) {
  size_t used = 0;
  while (used < room) {
    size_t wanted = PAGE - (at + used) % PAGE;
    if (wanted > room - used) wanted = room - used;
    ssize_t bytes = copy_from(tid, at + used, to + used, wanted);
    if (bytes <= 0) return -1;
    const char *end = memchr(to + used, '\0', (size_t)bytes);
    if (end != NULL) return end - to + 1;
    used += (size_t)bytes;
  }
  return -1;
}

size_t caller_arguments(int tid, char *to, size_t room, int *is_whole) {
  uint64_t array = argument_array(tid), pointers[ARGUMENTS_A_READ];
  size_t used = 0;
  *is_whole = 0;
  for (unsigned count = 0; array != 0 && count < ARGUMENTS_MOST;) {
    /* The array may end at the end of a page. */
    size_t wanted = (PAGE - array % PAGE) / sizeof *pointers;
    if (wanted > ARGUMENTS_A_READ) wanted = ARGUMENTS_A_READ;
    ssize_t bytes = wanted == 0 ? -1 : copy_from(tid, array, pointers, wanted * sizeof *pointers);
    if (bytes < (ssize_t)sizeof *pointers) return used;
    const unsigned read = (unsigned)(bytes / (ssize_t)sizeof *pointers);
    for (unsigned at = 0; at < read; at++, count++) {
      *is_whole = pointers[at] == 0;
      if (*is_whole) return used;
      ssize_t length = copy_text(tid, pointers[at], to + used, room - used);
      if (length < 0) return used;
      used += (size_t)length;
    }
    array += read * sizeof *pointers;
  }
  return used;
}
