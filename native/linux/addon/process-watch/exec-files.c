/* Files that are opened to be run, and whose they are. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <time.h>
#include <unistd.h>

#include "exec-files.h"
#include "../files/local-mounts.h"
#include "../processes/process-read.h"
#include "program-kind.h"

#ifndef FAN_OPEN_EXEC
#define FAN_OPEN_EXEC 0x00001000
#endif
#ifndef FAN_MARK_FILESYSTEM
#define FAN_MARK_FILESYSTEM 0x00000100
#endif

/* Descriptors that one read may open. */
#define EVENTS_A_READ 32
#define BUCKETS 1024
/* Opens that wait for their exec: of all, and of one process. */
#define MOST_WAITING 32768
#define MOST_OF_PROCESS 8
#define MOST_TRIED 32
#define TRIES_A_SECOND 20

struct opened {
  int pid;
  enum program_kind kind;
  struct opened *next;
  /* It was seen to run before so many of its execs were told. */
  unsigned ahead;
  /* Of what links it. */
  char linker[LINKER_MOST];
  uint32_t path_bytes;
  char path[];
};

struct exec_files {
  int fd, mounts;
  unsigned waiting;
  /* In the order in which they were opened. */
  struct opened *buckets[BUCKETS];
  /* File systems out of our sight that were tried already. */
  dev_t tried[MOST_TRIED];
  unsigned tried_count, tries;
  time_t tries_at;
};

static void mark_open(struct exec_files *files, int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  fanotify_mark(files->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC, AT_FDCWD, path);
}

/* Marking again is nothing; where something else was mounted over it meanwhile, that is not marked unseen. */
void exec_files_mark(struct exec_files *files) {
  FILE *list = fopen("/proc/self/mountinfo", "re");
  if (list == NULL) return;
  char *line = NULL;
  size_t room = 0;
  struct mount_line mount;
  dev_t device;
  while (getline(&line, &room, list) > 0) {
    if (!parse_mount(line, &mount) || !is_local(mount.type)) continue;
    int fd = open(mount.point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) continue;
    if (mount_of(fd, &device) == mount.id) mark_open(files, fd);
    close(fd);
  }
  free(line);
  fclose(list);
}

/* It runs something of which nobody told: what it lies on is mounted where we do not look, in a container. */
static void mark_unseen(struct exec_files *files, int pid) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (now.tv_sec != files->tries_at) files->tries = 0;
  files->tries_at = now.tv_sec;
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return;
  dev_t device = 0;
  unsigned long long id = mount_of(fd, &device);
  int tried = 0;
  for (unsigned i = 0; i < MOST_TRIED; i++) tried |= files->tried[i] == device;
  if (id != 0 && !tried && files->tries < TRIES_A_SECOND) {
    files->tries++;
    files->tried[files->tried_count++ % MOST_TRIED] = device;
    if (is_mounted_local(pid, id)) mark_open(files, fd);
  }
  close(fd);
}

/* ---- What waits for its exec ---- */

static struct opened **bucket_of(struct exec_files *files, int pid) {
  return &files->buckets[(unsigned)pid % BUCKETS];
}

static void drop(struct exec_files *files, struct opened **at) {
  struct opened *one = *at;
  *at = one->next;
  free(one);
  files->waiting--;
}

void exec_files_forget(struct exec_files *files, int pid) {
  for (struct opened **at = bucket_of(files, pid); *at != NULL;) {
    if ((*at)->pid == pid) drop(files, at);
    else at = &(*at)->next;
  }
}

static void forget_all(struct exec_files *files) {
  for (unsigned i = 0; i < BUCKETS; i++)
    while (files->buckets[i] != NULL) drop(files, &files->buckets[i]);
}

static void add(struct exec_files *files, int pid, int fd) {
  char link[32], path[PATH_MAX], linker[LINKER_MOST];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t bytes = readlink(link, path, sizeof path - 1);
  if (bytes < 0) return;
  path[bytes] = '\0';
  enum program_kind kind = program_kind_of(fd, linker);
  struct opened **at = bucket_of(files, pid), **oldest = NULL, *last = NULL;
  unsigned count = 0;
  for (; *at != NULL; at = &(*at)->next) {
    if ((*at)->pid != pid) continue;
    if (oldest == NULL) oldest = at;
    last = *at;
    count++;
  }
  if (kind == SHARED && last != NULL && last->kind == LINKED && program_links(last->linker, path)) return;
  struct opened *one = malloc(sizeof *one + (size_t)bytes + 1);
  if (one == NULL) return;
  *one = (struct opened){.pid = pid, .kind = kind, .path_bytes = (uint32_t)bytes};
  memcpy(one->linker, linker, sizeof linker);
  memcpy(one->path, path, (size_t)bytes + 1);
  *at = one;
  files->waiting++;
  if (count >= MOST_OF_PROCESS) drop(files, oldest);
}

int exec_files_drain(struct exec_files *files) {
  struct fanotify_event_metadata events[EVENTS_A_READ];
  int lost = 0;
  for (;;) {
    ssize_t bytes = read(files->fd, events, sizeof events);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && errno == EAGAIN) break;
    if (bytes <= 0) {
      /* One file that could not be opened for us is unknown, and nothing else is: what was mounted may be gone. */
      if (bytes < 0 && outcome_of(errno) == ABSENT && errno != EBADF && errno != EINVAL) continue;
      lost = 1;
      break;
    }
    for (struct fanotify_event_metadata *event = events; FAN_EVENT_OK(event, bytes); event = FAN_EVENT_NEXT(event, bytes)) {
      if ((event->mask & FAN_Q_OVERFLOW) != 0 || event->vers != FANOTIFY_METADATA_VERSION) lost = 1;
      if (event->fd < 0) continue;
      if ((event->mask & FAN_OPEN_EXEC) != 0 && event->pid > 0) add(files, event->pid, event->fd);
      close(event->fd);
    }
    if (files->waiting > MOST_WAITING) lost = 1, forget_all(files);
  }
  if (lost) forget_all(files);
  return lost ? -1 : 0;
}

static int is_program(const struct opened *one, int pid) {
  return one->pid == pid && (one->kind == LINKED || one->kind == WHOLE);
}

/* Everything of `pid` before its program number `count`, from 0 on. */
static struct opened *use_up(struct exec_files *files, int pid, unsigned count) {
  for (struct opened **at = bucket_of(files, pid); *at != NULL;) {
    if ((*at)->pid != pid) {
      at = &(*at)->next;
      continue;
    }
    if (is_program(*at, pid) && count-- == 0) return *at;
    drop(files, at);
  }
  return NULL;
}

static unsigned programs_of(struct exec_files *files, int pid) {
  unsigned count = 0;
  for (const struct opened *at = *bucket_of(files, pid); at != NULL; at = at->next) count += is_program(at, pid);
  return count;
}

/* The number of the last program with that path, or -1. */
static int last_with(struct exec_files *files, int pid, const char *path, ssize_t bytes) {
  int number = 0, found = -1;
  for (const struct opened *at = *bucket_of(files, pid); at != NULL; at = at->next) {
    if (!is_program(at, pid)) continue;
    if (at->path_bytes == (size_t)bytes && memcmp(at->path, path, (size_t)bytes) == 0) found = number;
    number++;
  }
  return found;
}

static ssize_t copy(const char *path, size_t bytes, char *to, size_t room) {
  if (bytes > room) return -1;
  memcpy(to, path, bytes);
  return (ssize_t)bytes;
}

ssize_t exec_files_take(struct exec_files *files, int pid, unsigned execs, const char *known, ssize_t known_bytes,
                        char *to, size_t room) {
  unsigned programs = programs_of(files, pid);
  struct opened *first = use_up(files, pid, 0);
  if (first != NULL && first->ahead > 0) {
    if (programs == 1) {
      ssize_t bytes = known_bytes >= 0 ? copy(known, (size_t)known_bytes, to, room)
                                       : copy(first->path, first->path_bytes, to, room);
      if (--first->ahead == 0) use_up(files, pid, 1);
      return bytes;
    }
    first = use_up(files, pid, 1);
    programs--;
  }
  if (known_bytes < 0) {
    /* With more programs than execs one of them failed, or the next is still to be told. */
    ssize_t bytes = first != NULL && programs == execs ? copy(first->path, first->path_bytes, to, room) : -1;
    if (programs <= execs) use_up(files, pid, 1);
    return bytes;
  }
  if (programs == 0) mark_unseen(files, pid);
  int at = last_with(files, pid, known, known_bytes);
  if (at >= 0 && programs > execs) {
    /* It runs what it opened last; the execs that led there are still to be told. */
    struct opened *current = use_up(files, pid, (unsigned)at);
    if (at > 0) current->ahead = (unsigned)at;
    else use_up(files, pid, 1);
  } else {
    use_up(files, pid, 1);
  }
  return copy(known, (size_t)known_bytes, to, room);
}

struct exec_files *exec_files_open(void) {
  struct exec_files *files = calloc(1, sizeof *files);
  if (files == NULL) return NULL;
  /* Nothing is run from /proc: this asks whether such marks are to be had. */
  files->fd = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC | O_LARGEFILE | O_NOATIME);
  if (files->fd < 0 || fanotify_mark(files->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC, AT_FDCWD, "/proc") != 0) {
    int error = errno;
    if (files->fd >= 0) close(files->fd);
    free(files);
    errno = error;
    return NULL;
  }
  files->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  exec_files_mark(files);
  return files;
}

int exec_files_mounts(const struct exec_files *files) { return files->mounts; }

void exec_files_close(struct exec_files *files) {
  forget_all(files);
  close(files->fd);
  if (files->mounts >= 0) close(files->mounts);
  free(files);
}
