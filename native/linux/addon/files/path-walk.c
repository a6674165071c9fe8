#include "path-walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "local-mounts.h"

/* As many as the kernel follows. */
#define LINKS_MOST 40
/* Names, those of links too. Who runs much must not be able to keep us busy with each. */
#define STEPS_MOST 128

/* What is still to be looked up; `at` lies in `text`. */
struct way {
  char text[2 * PATH_MOST];
  const char *at;
  int links;
};

void walk_begin(struct walk *walk, int pid, int root) {
  walk->pid = pid;
  walk->fds[0] = root;
  walk->ends[0] = 0;
  walk->depth = 0;
}

static void leave(struct walk *walk) { close(walk->fds[walk->depth--]); }

void walk_end(struct walk *walk) {
  int error = errno;
  while (walk->depth >= 0) leave(walk);
  errno = error;
}

static int open_name(int fd, const char *name, unsigned long long resolve) {
  struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS | resolve};
  return (int)syscall(SYS_openat2, fd, name, &how, sizeof how);
}

int open_beside(int fd, const char *name) { return open_name(fd, name, RESOLVE_NO_XDEV); }

/* The path of `name` where the walk is. 0 where it is too long. */
static size_t append(struct walk *walk, const char *name) {
  size_t end = walk->ends[walk->depth], bytes = strlen(name);
  if (end + bytes + 2 > sizeof walk->path) return 0;
  walk->path[end] = '/';
  memcpy(walk->path + end + 1, name, bytes + 1);
  return end + 1 + bytes;
}

/* What is mounted there is looked for in the list of mounts before it is touched, and has to be that mount still. */
static int open_mounted(struct walk *walk, const char *name) {
  dev_t device;
  unsigned long long id = local_mount_at(walk->pid, walk->path);
  int fd = id == 0 ? -1 : open_name(walk->fds[walk->depth], name, 0);
  if (fd >= 0 && mount_of(fd, &device) == id) return fd;
  if (fd >= 0) close(fd);
  errno = EXDEV;
  return -1;
}

static int enter(struct walk *walk, const char *name) {
  size_t end = append(walk, name);
  if (end == 0 || walk->depth == FOLDERS_MOST) {
    errno = ENAMETOOLONG;
    return -1;
  }
  int fd = open_beside(walk->fds[walk->depth], name);
  if (fd < 0 && errno == EXDEV) fd = open_mounted(walk, name);
  if (fd < 0) return -1;
  walk->fds[++walk->depth] = fd;
  walk->ends[walk->depth] = end;
  return 0;
}

/* 0 at the end, 1 with the next name, or -1 with errno. */
static int next_name(struct way *way, char name[NAME_MAX + 1]) {
  way->at += strspn(way->at, "/");
  size_t bytes = strcspn(way->at, "/");
  if (bytes == 0) return 0;
  if (bytes > NAME_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(name, way->at, bytes);
  name[bytes] = '\0';
  way->at += bytes;
  return 1;
}

/* Where the walk is lies a link: its target comes before the rest of the way. */
static int follow(struct walk *walk, struct way *way) {
  char joined[sizeof way->text];
  ssize_t bytes = readlinkat(walk->fds[walk->depth], "", joined, PATH_MOST);
  if (bytes <= 0) return -1;
  size_t rest = strlen(way->at);
  if (++way->links > LINKS_MOST || (size_t)bytes + rest + 1 > sizeof joined) {
    errno = ELOOP;
    return -1;
  }
  leave(walk);
  if (joined[0] == '/')
    while (walk->depth > 0) leave(walk);
  memcpy(joined + bytes, way->at, rest + 1);
  memcpy(way->text, joined, (size_t)bytes + rest + 1);
  way->at = way->text;
  return 0;
}

int walk_to(struct walk *walk, const char *path) {
  struct way way = {.links = 0};
  if (strlen(path) >= PATH_MOST) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(way.text, path);
  way.at = way.text;
  for (int step = 0; step < STEPS_MOST; step++) {
    char name[NAME_MAX + 1];
    struct stat found;
    int more = next_name(&way, name);
    if (more <= 0) return more;
    if (strcmp(name, ".") == 0) continue;
    if (strcmp(name, "..") == 0) {
      if (walk->depth > 0) leave(walk);
      continue;
    }
    if (enter(walk, name) != 0 || fstat(walk->fds[walk->depth], &found) != 0) return -1;
    if (S_ISLNK(found.st_mode) && follow(walk, &way) != 0) return -1;
  }
  errno = ELOOP;
  return -1;
}
