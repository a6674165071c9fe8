/* Small files of cgroup v2. See Documentation/admin-guide/cgroup-v2.rst. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cgroups.h"

/* Between two looks, where the kernel tells nothing. */
#define LOOK_AGAIN_US 300

long long cgroup_now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int cgroup_open_root(const char *mount_point) {
#ifdef SYS_open_tree
  int tree = (int)syscall(SYS_open_tree, AT_FDCWD, mount_point, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree >= 0) {
    struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &writable, sizeof writable) == 0) {
      int folder = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      close(tree);
      if (folder >= 0) return folder;
    } else {
      close(tree);
    }
  }
#endif
  return open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int cgroup_write(int folder, const char *file, const char *text) {
  int fd = openat(folder, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -1;
  size_t length = strlen(text);
  ssize_t written = write(fd, text, length);
  int error = errno;
  close(fd);
  errno = error;
  return written == (ssize_t)length ? 0 : -1;
}

ssize_t cgroup_read(int folder, const char *file, char *to, size_t room) {
  int fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -1;
  ssize_t bytes = read(fd, to, room - 1);
  int error = errno;
  close(fd);
  errno = error;
  if (bytes >= 0) to[bytes] = '\0';
  return bytes;
}

int cgroup_of(int pid, char *to, size_t room) {
  char file[48], text[CGROUP_PATH_MOST + 1024];
  snprintf(file, sizeof file, "/proc/%d/cgroup", pid);
  if (cgroup_read(AT_FDCWD, file, text, sizeof text) < 0) return -1;
  /* The line of cgroup v2 is the last one. */
  const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
  if (line == NULL) {
    errno = ENOENT;
    return -1;
  }
  line += *line == '\n' ? 5 : 4;
  size_t bytes = strcspn(line, "\n");
  if (bytes >= room) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(to, line, bytes);
  to[bytes] = '\0';
  return 0;
}

static int says_frozen(const char *events) { return strstr(events, "frozen 1") != NULL; }

int cgroup_is_frozen(int folder) {
  char events[256];
  return cgroup_read(folder, "cgroup.events", events, sizeof events) > 0 && says_frozen(events);
}

int cgroup_wait_frozen(int folder, long long deadline_us) {
  char events[256];
  int fd = openat(folder, "cgroup.events", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  int frozen = 0;
  for (;;) {
    ssize_t bytes = pread(fd, events, sizeof events - 1, 0);
    events[bytes > 0 ? bytes : 0] = '\0';
    frozen = says_frozen(events);
    long long left = deadline_us - cgroup_now_us();
    if (frozen || left <= 0) break;
    struct pollfd changed = {.fd = fd, .events = POLLPRI};
    const struct timespec pause = {.tv_nsec = LOOK_AGAIN_US * 1000};
    /* POLLERR comes with each change, and would come at once before the first read. */
    if (ppoll(&changed, 1, &pause, NULL) < 0 && errno != EINTR) nanosleep(&pause, NULL);
  }
  close(fd);
  return frozen;
}

size_t cgroup_own_processes(int folder, int *pids, size_t most) {
  char text[16 * 1024];
  int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  size_t count = 0, kept = 0;
  ssize_t bytes;
  while (count < most && (bytes = read(fd, text + kept, sizeof text - kept - 1)) > 0) {
    text[kept + (size_t)bytes] = '\0';
    char *at = text, *end;
    while ((end = strchr(at, '\n')) != NULL && count < most) {
      /* 0 is a process of another pid namespace. */
      int pid = atoi(at);
      if (pid > 0) pids[count++] = pid;
      at = end + 1;
    }
    kept = strlen(at);
    memmove(text, at, kept);
  }
  close(fd);
  return count;
}

size_t cgroup_processes(int folder, int depth, int *pids, size_t most) {
  size_t count = cgroup_own_processes(folder, pids, most);
  int copy = depth >= CGROUP_DEPTH_MOST ? -1 : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = copy < 0 ? NULL : fdopendir(copy);
  if (list == NULL) {
    if (copy >= 0) close(copy);
    return count;
  }
  for (struct dirent *entry; count < most && (entry = readdir(list)) != NULL;) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    int below = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (below < 0) continue;
    count += cgroup_processes(below, depth + 1, pids + count, most - count);
    close(below);
  }
  closedir(list);
  return count;
}
