#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../addon/freezer/cgroup-origin.h"
#include "reports.h"

static int write_text(const char *folder, const char *name, const char *text) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return ENAMETOOLONG;
  int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return errno;
  const ssize_t length = (ssize_t)strlen(text);
  int error = write(fd, text, (size_t)length) == length ? 0 : errno;
  close(fd);
  return error;
}

static int spared;

void hold_spares(int pid) { spared = pid; }

/* Beside the cgroup for what is held: who freezes the daemon's cgroup does not freeze the gate, and with it all execs. */
static void leave_daemon(const char *cgroup) {
  char path[PATH_MAX];
  const char *end = strrchr(cgroup, '/');
  if (end == NULL || snprintf(path, sizeof path, "%.*s/exec-gate", (int)(end - cgroup), cgroup) >= (int)sizeof path) return;
  char watchdog[16];
  snprintf(watchdog, sizeof watchdog, "%d", getppid());
  if (mkdir(path, 0755) != 0 && errno != EEXIST) return;
  write_text(path, "cgroup.procs", watchdog);
  write_text(path, "cgroup.procs", "0");
}

int hold_prepare(const char *cgroup) {
  char path[PATH_MAX];
  if (strlen(cgroup) >= sizeof path) return ENAMETOOLONG;
  /* Those above are there, or cannot be made. */
  for (const char *at = strchr(cgroup + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
    snprintf(path, sizeof path, "%.*s", (int)(at - cgroup), cgroup);
    mkdir(path, 0755);
  }
  if (mkdir(cgroup, 0700) != 0 && errno != EEXIST) return errno;
  int error = write_text(cgroup, "cgroup.freeze", "1");
  if (error == 0) leave_daemon(cgroup);
  return error;
}

static int read_proc(int pid, const char *name, char *to, size_t room) {
  char path[48];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t bytes = read(fd, to, room - 1);
  close(fd);
  to[bytes > 0 ? bytes : 0] = '\0';
  return bytes > 0;
}

/* Field 4 and field 22 of proc_pid_stat(5). The name before them may hold blanks and brackets. */
static int read_stat(int pid, int *parent, unsigned long long *start) {
  char text[1024];
  if (!read_proc(pid, "stat", text, sizeof text)) return 0;
  const char *at = strrchr(text, ')');
  if (at == NULL || sscanf(at + 1, " %*c %d", parent) != 1) return 0;
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at != NULL && sscanf(at, " %llu", start) == 1;
}

/* Its cgroup in version 2, from the root of the hierarchy. */
static int read_cgroup(int pid, char *text, size_t room, char **cgroup) {
  if (!read_proc(pid, "cgroup", text, room)) return 0;
  char *line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
  if (line == NULL) return 0;
  *cgroup = strstr(line, "0::") + 3;
  (*cgroup)[strcspn(*cgroup, "\n")] = '\0';
  return 1;
}

/* Whether `before` is a folder of `cgroup`, which begins with where the hierarchy is mounted. */
static int is_held(const char *cgroup, const char *before) {
  const char *last = strrchr(before, '/');
  const size_t length = strlen(cgroup), bytes = last == NULL ? 0 : (size_t)(last - before);
  return bytes > 0 && length >= bytes && memcmp(cgroup + length - bytes, before, bytes) == 0;
}

static int make_folder(const char *cgroup, const char *before, char *path, size_t room) {
  char name[CGROUP_ORIGIN_ROOM];
  cgroup_origin_name(before + 1, name);
  if (snprintf(path, room, "%s/%s", cgroup, name) >= (int)room) return ENAMETOOLONG;
  return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
}

void report_unheld(int pid, const char *path, const char *reason) {
  char number[16];
  snprintf(number, sizeof number, "%d", pid);
  report("unheld", number, path, reason, NULL);
}

void hold(const char *cgroup, int pid, const char *path, enum rule_match why) {
  char text[PATH_MAX + 512], folder[PATH_MAX], number[16], ticks[24], *before;
  int parent;
  unsigned long long start;
  if (pid == 1 || pid == spared || !read_stat(pid, &parent, &start) || parent == spared) return;
  if (!read_cgroup(pid, text, sizeof text, &before)) return report_unheld(pid, path, "it is in no cgroup of version 2");
  /* The interpreter of a script that was held. */
  if (is_held(cgroup, before)) return;
  snprintf(number, sizeof number, "%d", pid);
  snprintf(ticks, sizeof ticks, "%llu", start);
  int error = make_folder(cgroup, before, folder, sizeof folder);
  if (error == 0) error = write_text(folder, "cgroup.procs", number);
  /* It was killed meanwhile. */
  if (error == ESRCH) return;
  if (error != 0) return report_unheld(pid, path, strerror(error));
  report("held", number, ticks, before, path, why == MATCHES_FILE ? "file" : why == MATCHES_SCRIPT ? "script" : "unread", NULL);
}
