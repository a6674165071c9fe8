/*
 * A bit in the mark of every network socket of a process. A rule of the packet filter can then tell its packets from others. The
 * cgroup cannot: a socket keeps that of the moment in which it was made, wherever its process is moved. See socket(7), pidfd_getfd(2).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../processes/process-read.h"
#include "../surety-native.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

/* A call takes at most some milliseconds. */
#define DESCRIPTORS_A_CALL 512
#define PROCESS_GONE (-2)
#define ALL_DONE (-1)

enum { MARKED, REFUSED, ELSEWHERE, COUNTS };

/* 0 where the kernel does not tell: then all networks look the same. */
static uint64_t network_of(int fd) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

/* Ours never changes. */
static uint64_t own_network(void) {
  static uint64_t known;
  if (known != 0) return known;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  uint64_t cookie = fd < 0 ? 0 : network_of(fd);
  if (fd >= 0) close(fd);
  return known = cookie;
}

static int is_network_socket(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return 0;
  return domain == AF_INET || domain == AF_INET6 || domain == AF_PACKET;
}

static int mark(int fd, uint32_t bit, int set) {
  uint32_t value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, SO_MARK, &value, &size) != 0) return -1;
  uint32_t wanted = set ? value | bit : value & ~bit;
  return wanted == value ? 0 : setsockopt(fd, SOL_SOCKET, SO_MARK, &wanted, sizeof wanted);
}

static void mark_descriptor(int process, int number, uint32_t bit, int set, int32_t *counts) {
  int fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);
  if (fd < 0) {
    if (errno != EBADF) counts[REFUSED]++;
    return;
  }
  if (is_network_socket(fd)) {
    if (network_of(fd) != own_network()) counts[ELSEWHERE]++;
    else counts[mark(fd, bit, set) == 0 ? MARKED : REFUSED]++;
  }
  close(fd);
}

static int is_socket(int folder, const char *name) {
  char target[16];
  ssize_t bytes = readlinkat(folder, name, target, sizeof target);
  return bytes > 7 && memcmp(target, "socket:", 7) == 0;
}

struct marking {
  int pid;
  long long start;
  uint32_t bit;
  int set;
  int32_t *counts;
  struct process_files files;
  /* A handle, once there is a socket: most processes have none. */
  int process;
};

/* The handle keeps the pid from meaning another process, once the start was looked at. */
static int open_handle(struct marking *marking) {
  struct process_stat stat;
  if (marking->process >= 0) return 0;
  marking->process = (int)syscall(SYS_pidfd_open, marking->pid, 0);
  if (marking->process < 0 && errno != ESRCH) marking->counts[REFUSED]++;
  if (marking->process < 0 || read_stat(&marking->files, &stat) != FOUND || stat.start != marking->start) return -1;
  return 0;
}

/* The next descriptor, or ALL_DONE. */
static int mark_some(struct marking *marking, int from) {
  int list_fd = openat(marking->files.folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = list_fd < 0 ? NULL : fdopendir(list_fd);
  if (list == NULL) {
    if (list_fd >= 0) close(list_fd);
    if (errno != ENOENT && errno != ESRCH) marking->counts[REFUSED]++;
    return ALL_DONE;
  }
  /* The position in such a folder is the descriptor, behind the two entries that every folder has. */
  if (from > 0) seekdir(list, from + 2);
  int next = ALL_DONE, seen = 0;
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    const int number = atoi(entry->d_name);
    if (number < from) continue;
    if (seen++ == DESCRIPTORS_A_CALL) {
      next = number;
      break;
    }
    if (!is_socket(list_fd, entry->d_name)) continue;
    if (open_handle(marking) != 0) break;
    mark_descriptor(marking->process, number, marking->bit, marking->set, marking->counts);
  }
  closedir(list);
  return next;
}

napi_value mark_sockets(napi_env env, napi_callback_info info) {
  size_t count = 6, length;
  napi_value arguments[6], result;
  int32_t pid, from, *counts;
  int64_t start;
  uint32_t bit;
  bool set;
  napi_typedarray_type type;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 6 ||
      napi_get_value_int32(env, arguments[0], &pid) != napi_ok || pid <= 0 ||
      napi_get_value_int64(env, arguments[1], &start) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &bit) != napi_ok ||
      napi_get_value_bool(env, arguments[3], &set) != napi_ok ||
      napi_get_value_int32(env, arguments[4], &from) != napi_ok || from < 0 ||
      napi_get_typedarray_info(env, arguments[5], &type, &length, (void **)&counts, NULL, NULL) != napi_ok ||
      type != napi_int32_array || length < COUNTS) {
    napi_throw_type_error(env, NULL, "expected a process, its start, a bit, whether to set it, a descriptor, and room for counts");
    return NULL;
  }
  struct marking marking = {pid, start, bit, set, counts, {-1, -1}, -1};
  struct process_stat stat;
  const int there =
      open_process(pid, &marking.files) == FOUND && read_stat(&marking.files, &stat) == FOUND && stat.start == start;
  const int32_t next = there ? mark_some(&marking, from) : PROCESS_GONE;
  close_process(&marking.files);
  if (marking.process >= 0) close(marking.process);
  return napi_create_int32(env, next, &result) == napi_ok ? result : NULL;
}
