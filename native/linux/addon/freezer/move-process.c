/* Stops one process: by moving it into the frozen folder of its agent, or by a signal. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup-origin.h"
#include "freeze-state.h"

int has_quarantine(const struct freeze_job *job, const char *path) {
  return strncmp(path, job->base, strlen(job->base)) == 0;
}

static int open_folder(struct state *state, int root, int agent, const char *origin) {
  char path[CGROUP_PATH_MOST], name[CGROUP_ORIGIN_ROOM];
  if (state->folder >= 0 && state->folder_agent == agent && state->folder_root == root &&
      strcmp(state->folder_origin, origin) == 0)
    return state->folder;
  if (state->folder >= 0) close(state->folder);
  if (state->door >= 0) close(state->door);
  state->door = -1;
  cgroup_origin_name(origin, name);
  snprintf(path, sizeof path, "%s/%s/%s", state->job->base, state->job->ids[agent], name);
  mkdirat(root, path, 0700);
  state->folder = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (state->folder >= 0) {
    state->door = openat(state->folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    state->folder_agent = agent;
    state->folder_root = root;
    snprintf(state->folder_origin, sizeof state->folder_origin, "%s", origin);
  }
  return state->folder;
}

static int send_stop(int pid, unsigned long long start, int signal) {
  struct freeze_stat now;
  int handle = (int)syscall(SYS_pidfd_open, pid, 0);
  if (handle < 0) return -1;
  int result = -1;
  errno = ESRCH;
  /* The handle keeps the pid from meaning another process. */
  if (freeze_read_stat(pid, &now) == 0 && now.start == start)
    result = (int)syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0);
  int error = errno;
  close(handle);
  errno = error;
  return result;
}

int move_from(struct state *state, int pid, int agent, const char *origin) {
  char text[16];
  int length = snprintf(text, sizeof text, "%d", pid);
  return open_folder(state, state->job->cgroup2, agent, origin) >= 0 && state->door >= 0 &&
         write(state->door, text, (size_t)length) > 0;
}

void move_back(struct state *state, int pid) {
  char text[16];
  snprintf(text, sizeof text, "%d", pid);
  cgroup_write(state->job->cgroup2, "cgroup.procs", text);
}

/* Into the frozen folder of its agent. 0, or -1 with errno. Whether it is still that process is looked up at the end. */
static int move(struct state *state, int root, const struct freeze_row *row) {
  char origin[CGROUP_PATH_MOST] = "", pid[16];
  if (root == state->job->cgroup2 && cgroup_of(row->pid, origin, sizeof origin) != 0) return -1;
  if (has_quarantine(state->job, origin)) return 0;
  if (open_folder(state, root, row->agent, origin) < 0 || state->door < 0) return -1;
  snprintf(pid, sizeof pid, "%d", row->pid);
  return write(state->door, pid, strlen(pid)) < 0 ? -1 : 0;
}

enum freeze_status stop_one(struct state *state, const struct freeze_row *row) {
  struct freeze_job *job = state->job;
  if (job->cgroup2 >= 0) {
    if (move(state, job->cgroup2, row) == 0) return FREEZE_CGROUP2;
    if (errno == ESRCH || errno == ENOENT) {
      struct freeze_stat now;
      if (freeze_read_stat(row->pid, &now) != 0 || now.start != row->start) return FREEZE_ENDED;
    }
  }
  if (job->cgroup1 >= 0 && move(state, job->cgroup1, row) == 0) return FREEZE_CGROUP1;
  if (send_stop(row->pid, row->start, SIGSTOP) == 0) return FREEZE_SIGNALS;
  return errno == ESRCH ? FREEZE_ENDED : FREEZE_NOT_MOVED;
}

void catch_fork(struct state *state, int pid, int agent) {
  struct freeze_job *job = state->job;
  int root = job->cgroup2 >= 0 ? job->cgroup2 : job->cgroup1;
  char text[16];
  int length = snprintf(text, sizeof text, "%d", pid);
  const char *origin = state->folder_agent == agent && state->folder >= 0 ? state->folder_origin : "";
  if (root >= 0 && open_folder(state, root, agent, origin) >= 0 && state->door >= 0 &&
      write(state->door, text, (size_t)length) > 0)
    return;
  if (root < 0) kill(pid, SIGSTOP);
}
