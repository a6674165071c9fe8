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

#define ARGUMENTS_MOST 64
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

int caller_of(int tid, int *pid, uid_t *uid) {
  char text[2048];
  if (read_proc(tid, "status", text, sizeof text) < 0) return 0;
  /* The name of a process may hold anything but a line feed, which the kernel escapes. */
  const char *group = strstr(text, "\nTgid:"), *user = strstr(text, "\nUid:");
  unsigned real, effective;
  if (group == NULL || user == NULL || sscanf(user, "\nUid:%u%u", &real, &effective) != 2) return 0;
  *uid = effective;
  return sscanf(group, "\nTgid:%d", pid) == 1 && *pid > 0;
}

/* Before 5.11, reading these waits for a lock that an exec holds while it waits for us. */
static int may_look(void) {
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
  if (read_proc(tid, "syscall", text, sizeof text) < 0) return 0;
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

ssize_t caller_arguments(int tid, char *to, size_t room) {
  uint64_t array = may_look() ? argument_array(tid) : 0, pointers[ARGUMENTS_MOST];
  if (array == 0) return -1;
  size_t used = 0;
  unsigned count = 0;
  /* The array may end at the end of a page. */
  while (count < ARGUMENTS_MOST) {
    size_t wanted = (PAGE - (array + count * sizeof *pointers) % PAGE) / sizeof *pointers;
    if (wanted == 0) return -1;
    if (wanted > ARGUMENTS_MOST - count) wanted = ARGUMENTS_MOST - count;
    ssize_t bytes = copy_from(tid, array + count * sizeof *pointers, pointers + count, wanted * sizeof *pointers);
    if (bytes < (ssize_t)sizeof *pointers) return -1;
    for (unsigned end = count + (unsigned)(bytes / (ssize_t)sizeof *pointers); count < end; count++) {
      if (pointers[count] == 0) return (ssize_t)used;
      ssize_t length = copy_text(tid, pointers[count], to + used, room - used);
      if (length < 0) return (ssize_t)used;
      used += (size_t)length;
    }
  }
  return (ssize_t)used;
}
