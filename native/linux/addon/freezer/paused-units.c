/*
 * Groups that are paused while processes are moved out of them. Before one is paused its path is marked as a folder of the
 * quarantine: after a crash the next run of the daemon finds the mark and lets the group continue.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "freeze-state.h"

#define MARKS "paused"
/* A name of a folder. */
#define NAME_MOST 255

int freeze_read_stat(int pid, struct freeze_stat *to) {
  char file[32], text[1024];
  snprintf(file, sizeof file, "/proc/%d/stat", pid);
  if (cgroup_read(AT_FDCWD, file, text, sizeof text) <= 0) return -1;
  /* The name may hold anything, also brackets and spaces. */
  const char *rest = strrchr(text, ')');
  unsigned long flags;
  long threads;
  if (rest == NULL || sscanf(rest + 1, " %c %d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %llu",
                             &to->state, &to->parent, &flags, &threads, &to->start) != 5)
    return -1;
  /* PF_KTHREAD of include/linux/sched.h */
  to->is_over = to->state == 'X' || (to->state == 'Z' && threads <= 1);
  to->is_kernel = (flags & 0x00200000) != 0;
  return 0;
}

size_t freeze_list_processes(int *pids) {
  DIR *list = opendir("/proc");
  size_t count = 0;
  if (list == NULL) return 0;
  for (struct dirent *entry; count < PIDS_MOST && (entry = readdir(list)) != NULL;) {
    int pid = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? atoi(entry->d_name) : 0;
    if (pid > 0) pids[count++] = pid;
  }
  closedir(list);
  return count;
}

static int is_at_or_below(const char *path, const char *above) {
  size_t bytes = strlen(above);
  return strncmp(path, above, bytes) == 0 && (path[bytes] == '\0' || path[bytes] == '/');
}

/* `user.slice/user-1000.slice` of a path: what a user or a service may move processes in. Otherwise its first folder. */
static int unit_of(const struct units *units, const char *path, char *to) {
  if (*path == '\0' || is_at_or_below(path, "init.scope")) return 0;
  size_t end = strcspn(path, "/");
  if (end > 6 && strncmp(path + end - 6, ".slice", 6) == 0 && path[end] == '/') end += 1 + strcspn(path + end + 1, "/");
  for (;;) {
    memcpy(to, path, end);
    to[end] = '\0';
    if (!is_at_or_below(units->own, to)) return 1;
    if (path[end] == '\0') return 0;
    end += 1 + strcspn(path + end + 1, "/");
  }
}

/* `|` for `/`. 0 when the path has no such name. */
static int mark_name(const char *path, char *to) {
  size_t bytes = strlen(path);
  if (bytes > NAME_MOST || strchr(path, '|') != NULL) return 0;
  for (size_t i = 0; i <= bytes; i++) to[i] = path[i] == '/' ? '|' : path[i];
  return 1;
}

static int open_marks(int cgroup2, const char *base, int make) {
  int folder = openat(cgroup2, base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -1;
  if (make) mkdirat(folder, MARKS, 0700);
  int marks = openat(folder, MARKS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  close(folder);
  return marks;
}

int units_begin(struct units *units, int cgroup2, const char *base) {
  units->count = 0;
  units->cgroup2 = cgroup2;
  units->since_us = cgroup_now_us();
  units->marks = open_marks(cgroup2, base, 1);
  return units->marks < 0 || cgroup_of(getpid(), units->own, sizeof units->own) != 0 ? -1 : 0;
}

int units_pause(struct units *units, const char *path) {
  char wanted[CGROUP_PATH_MOST], mark[NAME_MOST + 1];
  if (units->marks < 0 || !unit_of(units, path, wanted)) return 0;
  for (size_t i = 0; i < units->count; i++)
    if (is_at_or_below(wanted, units->list[i].path)) return 2;
  if (units->count == UNITS_MOST || !mark_name(wanted, mark)) return 0;
  struct unit *unit = &units->list[units->count];
  int folder = openat(units->cgroup2, wanted, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  char before[8];
  if (folder < 0) return 0;
  /* What others have frozen stays frozen. */
  int is_frozen = cgroup_read(folder, "cgroup.freeze", before, sizeof before) > 0 && before[0] == '1';
  if (!is_frozen && (mkdirat(units->marks, mark, 0700) != 0 && errno != EEXIST)) {
    close(folder);
    return 0;
  }
  if (is_frozen || cgroup_write(folder, "cgroup.freeze", "1") != 0) {
    if (!is_frozen) unlinkat(units->marks, mark, AT_REMOVEDIR);
    close(folder);
    return is_frozen ? 2 : 0;
  }
  strcpy(unit->path, wanted);
  unit->folder = folder;
  units->count++;
  return 1;
}

void units_end(struct units *units) {
  char mark[NAME_MOST + 1];
  for (size_t i = 0; i < units->count; i++) {
    cgroup_write(units->list[i].folder, "cgroup.freeze", "0");
    close(units->list[i].folder);
  }
  for (size_t i = 0; i < units->count; i++)
    if (mark_name(units->list[i].path, mark)) unlinkat(units->marks, mark, AT_REMOVEDIR);
  if (units->marks >= 0) close(units->marks);
  units->marks = -1;
}

void freeze_thaw_units(int cgroup2, const char *base) {
  int marks = open_marks(cgroup2, base, 0);
  DIR *list = marks < 0 ? NULL : fdopendir(marks);
  if (list == NULL) {
    if (marks >= 0) close(marks);
    return;
  }
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    char path[NAME_MOST + 1];
    strcpy(path, entry->d_name);
    for (char *at = path; *at != '\0'; at++)
      if (*at == '|') *at = '/';
    int folder = openat(cgroup2, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder >= 0) {
      cgroup_write(folder, "cgroup.freeze", "0");
      close(folder);
    }
    unlinkat(marks, entry->d_name, AT_REMOVEDIR);
  }
  closedir(list);
}

void freeze_warm(int cgroup2) {
  char own[CGROUP_PATH_MOST], pid[16];
  if (cgroup_of(getpid(), own, sizeof own) != 0) return;
  int folder = openat(cgroup2, *own == '\0' ? "." : own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  /* It stays where it is. */
  snprintf(pid, sizeof pid, "%d", getpid());
  cgroup_write(folder, "cgroup.procs", pid);
  close(folder);
}
