/*
 * Where a program lies, and which package that is. A process knows its files by names of its own root and mounts, which may
 * lead over links to file systems that never answer: those are not touched, and another thread looks (see timed-call.c), for
 * a folder can become a link while we look.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local-mounts.h"
#include "path-walk.h"
#include "../surety-native.h"

#define PACKAGE_MOST (64 * 1024)
#define TEXT_MOST (2 * PATH_MOST + PACKAGE_MOST)
#define NOT_FOUND -1
#define ASK_AGAIN -2

struct question {
  int pid;
  long long start;
  /* The path is as the kernel tells it, not as the process does. */
  bool executable;
  bool manifest;
  char path[PATH_MOST];
};

static int is_same_link(int folder, const char *name, const char *ours) {
  char here[PATH_MOST], there[PATH_MOST];
  ssize_t bytes = readlinkat(folder, name, there, sizeof there);
  return bytes > 0 && readlink(ours, here, sizeof here) == bytes && memcmp(here, there, (size_t)bytes) == 0;
}

/* The kernel names files of our own namespace from our root; everything else is named from the root of the process. */
static int begin(const struct question *question, int folder, struct walk *walk) {
  int ours = is_same_link(folder, "ns/mnt", "/proc/self/ns/mnt");
  int from_here = ours && (question->executable || is_same_link(folder, "root", "/proc/self/root"));
  int root = from_here ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)
                       : openat(folder, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return -1;
  walk_begin(walk, from_here ? getpid() : question->pid, root);
  if (from_here) return 0;
  dev_t device;
  unsigned long long id = mount_of(root, &device);
  /* A process that was given a folder for its root does not see the mount in which that lies. */
  if (id != 0 && (is_mounted_local(question->pid, id) || is_mounted_local(getpid(), id))) return 0;
  errno = EXDEV;
  return -1;
}

/* A file that anyone may have placed there: it is known to be a plain one before it is opened. -1 where it cannot be had whole. */
static ssize_t read_plain(int fd, char *to, size_t room) {
  char link[32];
  struct stat found;
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) return -1;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int open_file = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (open_file < 0) return -1;
  size_t used = 0;
  ssize_t got = 1;
  while (got > 0 && used < room) {
    got = read(open_file, to + used, room - used);
    if (got > 0) used += (size_t)got;
  }
  close(open_file);
  return got == 0 ? (ssize_t)used : -1;
}

static int is_node_modules(const struct walk *walk, int depth) {
  static const char name[] = "/node_modules";
  size_t bytes = sizeof name - 1, end = walk->ends[depth];
  return end >= bytes && memcmp(walk->path + end - bytes, name, bytes) == 0;
}

/* The nearest package.json that says a name, at or above what the walk led to. Its depth, or -1; its text in `to`. */
static int nearest_package(const struct walk *walk, char *to, size_t room, size_t *bytes) {
  for (int depth = walk->depth; depth >= 0 && !is_node_modules(walk, depth); depth--) {
    int fd = open_beside(walk->fds[depth], "package.json");
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
    ssize_t got = fd < 0 ? -1 : read_plain(fd, to, room);
    if (fd >= 0) close(fd);
    if (got < 0) return -1;
    *bytes = (size_t)got;
    /* One without a name tells how the files below it are to be read, and no more. */
    if (memmem(to, *bytes, "\"name\"", 6) != NULL) return depth;
  }
  return -1;
}

/* `to` has room for TEXT_MOST. */
static ssize_t tell(const struct walk *walk, bool manifest, char *to) {
  size_t path = walk->ends[walk->depth], text = 0;
  char *package = to + 2 * PATH_MOST;
  int depth = manifest ? nearest_package(walk, package, PACKAGE_MOST, &text) : -1;
  size_t folder = depth < 0 ? 0 : walk->ends[depth];
  if (depth < 0) text = 0;
  memcpy(to, walk->path, path);
  to[path] = '\0';
  memcpy(to + path + 1, walk->path, folder);
  to[path + 1 + folder] = '\0';
  memmove(to + path + folder + 2, package, text);
  return (ssize_t)(path + folder + 2 + text);
}

static ssize_t resolve(const void *given, char *to, size_t room) {
  const struct question *question = given;
  struct process_files files;
  struct process_stat stat;
  struct walk walk = {.depth = -1};
  ssize_t told = -1;
  if (room < TEXT_MOST) return -1;
  enum outcome outcome = open_process(question->pid, &files);
  if (outcome == FOUND) outcome = read_stat(&files, &stat);
  if (outcome == FOUND && stat.start != question->start) errno = ESRCH;
  else if (outcome == FOUND && begin(question, files.folder, &walk) == 0 && walk_to(&walk, question->path) == 0)
    told = tell(&walk, question->manifest, to);
  walk_end(&walk);
  close_process(&files);
  return told;
}

napi_value resolve_program(napi_env env, napi_callback_info info) {
  size_t count = 7, path_bytes, room;
  napi_value arguments[7], result;
  napi_typedarray_type type;
  struct question question = {0};
  struct call_target who = {0};
  int64_t start;
  char *text;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 7 ||
      napi_get_value_int32(env, arguments[0], &question.pid) != napi_ok || question.pid <= 0 ||
      napi_get_value_int64(env, arguments[1], &start) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &who.uid) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[3], NULL, 0, &path_bytes) != napi_ok ||
      napi_get_value_bool(env, arguments[4], &question.executable) != napi_ok ||
      napi_get_value_bool(env, arguments[5], &question.manifest) != napi_ok ||
      napi_get_typedarray_info(env, arguments[6], &type, &room, (void **)&text, NULL, NULL) != napi_ok ||
      type != napi_uint8_array || room < TEXT_MOST) {
    napi_throw_type_error(env, NULL, "expected a process id, its start, its user, a path, two booleans and 72 KiB of text");
    return NULL;
  }
  ssize_t told = NOT_FOUND;
  if (path_bytes < sizeof question.path &&
      napi_get_value_string_utf8(env, arguments[3], question.path, sizeof question.path, &path_bytes) == napi_ok) {
    question.start = who.start = start;
    who.pid = question.pid;
    told = timed_call(resolve, &question, sizeof question, &who, text, room);
    if (told < 0) told = errno == ETIMEDOUT || outcome_of(errno) == FAILED ? ASK_AGAIN : NOT_FOUND;
  }
  if (napi_create_int64(env, told, &result) != napi_ok) return NULL;
  return result;
}
