/*
 * One job of the freezer. With cgroup v2 the groups around the agents are paused first: nothing forks then, the lineage is
 * exact, and the agents' processes are moved into frozen folders of their own before the rest continues. Where that cannot be,
 * processes are moved (or signalled) until two looks in a row find no new one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "freeze-state.h"

#define CONFIRM_WAIT_US 100000
/* Of moving one by one. */
#define CHASE_US 400000
#define CLEAN_LOOKS 2
#define LOOK_AGAIN_US 300
/* Its group is paused. The rest of `known` is the number of its row, from 1. */
#define INSIDE 0x8000
/* Of the newest: the older ones have forked since. */
#define FORKS_A_TURN 4

static uint16_t *mark_of(struct state *state, int pid) {
  return &state->marks[pid > 0 && pid < LINEAGE_PIDS ? pid : 0];
}

static int agent_of_owner(const struct freeze_job *job, uint32_t owner) {
  if (owner == 0) return -1;
  for (size_t i = 0; i < job->agents; i++)
    if (job->owners[i] == owner) return (int)i;
  return -1;
}

/* Init, the kernel, and us: where an agent started this very daemon, what we start belongs to us. */
static int is_protected(struct state *state, int pid, const struct freeze_stat *stat) {
  int self = getpid();
  return pid == 1 || pid == self || stat->is_kernel || (stat->parent == self && state->holds_us);
}

static void add_row(struct freeze_job *job, struct freeze_row row) {
  if (job->count < FREEZE_ROWS) job->rows[job->count++] = row;
  else job->flags |= FREEZE_NO_MEMORY;
}

/* One process of an agent, once. What ended leaves no row where it is only a fork that came and went. */
static int take(struct state *state, int pid, int agent, unsigned long long known_start) {
  struct freeze_job *job = state->job;
  struct freeze_stat stat;
  uint16_t *mark = mark_of(state, pid);
  if ((*mark & DONE) != 0 && *mark != OTHER) return 0;
  struct freeze_row row = {.pid = pid, .agent = agent, .start = known_start};
  int is_there = freeze_read_stat(pid, &stat) == 0 && (known_start == 0 || stat.start == known_start);
  if (is_there) row.start = stat.start;
  int is_over = is_there && stat.is_over;
  is_there &= !is_over;
  row.status = !is_there ? FREEZE_ENDED
               : is_protected(state, pid, &stat) ? FREEZE_PROTECTED
                                              : stop_one(state, &row);
  *mark = row.status == FREEZE_PROTECTED ? OTHER : (uint16_t)(DONE | agent);
  if (row.status == FREEZE_ENDED) {
    /* The pid may be used again, but not before its parent has asked. It keeps its owner: a fork of it may not be told yet. */
    if (!is_over) *mark = 0;
    if (known_start == 0) return 0;
  }
  add_row(job, row);
  return row.status != FREEZE_ENDED;
}

/* ---- Finding ---- */

/* Whose it is by lineage or by its nearest ancestor among `pids`; -1 for no agent of the job. */
static int agent_of(struct state *state, int pid, int depth) {
  uint16_t *mark = mark_of(state, pid);
  if (*mark == OTHER || depth > 64 || pid <= 1) return -1;
  if (*mark != 0) return (*mark & 0x7fff) - ((*mark & DONE) != 0 ? 0 : 1);
  uint32_t owner = lineage_owner(state->job->lineage, (uint32_t)pid);
  int agent = agent_of_owner(state->job, owner);
  struct freeze_stat stat;
  if (owner == 0 && freeze_read_stat(pid, &stat) == 0 && !stat.is_kernel && stat.parent > 1)
    agent = agent_of(state, stat.parent, depth + 1);
  if (agent < 0) *mark = OTHER;
  return agent;
}

/* Takes those of all processes that belong to an agent. Returns how many are new. */
static size_t look(struct state *state, int by_parents) {
  size_t fresh = 0, count = freeze_list_processes(state->pids);
  for (size_t i = 0; i < count; i++) {
    int pid = state->pids[i];
    uint16_t *mark = mark_of(state, pid);
    if ((*mark & DONE) != 0 && *mark != OTHER) continue;
    if (*mark == OTHER) *mark = 0;
    int agent = by_parents ? agent_of(state, pid, 0) : agent_of_owner(state->job, lineage_owner(state->job->lineage, (uint32_t)pid));
    if (agent >= 0 && take(state, pid, agent, 0)) fresh++;
  }
  return fresh;
}

/* Pauses the group of a process, unless it is in one that is. Returns 0 when it cannot be paused. */
static int pause_group_of(struct state *state, int pid) {
  char path[CGROUP_PATH_MOST];
  if (pid <= 0 || pid >= LINEAGE_PIDS || (state->known[pid] & INSIDE) != 0) return 1;
  if (cgroup_of(pid, path, sizeof path) != 0 || has_quarantine(state->job, path)) return 1;
  int paused = units_pause(&state->units, path);
  if (paused != 1) return paused;
  const struct unit *unit = &state->units.list[state->units.count - 1];
  size_t count = cgroup_processes(unit->folder, 0, state->inside, PIDS_MOST);
  for (size_t i = 0; i < count; i++)
    if (state->inside[i] < LINEAGE_PIDS) state->known[state->inside[i]] |= INSIDE;
  return 1;
}

/* The groups of all that is known of the agents are paused. Returns whether some process is in none. */
static int pause_groups(struct state *state) {
  struct freeze_job *job = state->job;
  int loose = 0;
  for (size_t i = 0; i < job->count; i++) loose |= !pause_group_of(state, job->rows[i].pid);
  lineage_drain(job->lineage);
  size_t count = freeze_list_processes(state->pids);
  for (size_t i = 0; i < count; i++)
    if (agent_of_owner(job, lineage_owner(job->lineage, (uint32_t)state->pids[i])) >= 0)
      loose |= !pause_group_of(state, state->pids[i]);
  return loose;
}

/* Whether a process that was named is still that one. What the kernel told as a fork of its agent is. */
static int is_still(struct state *state, int pid, const struct freeze_row *known) {
  struct freeze_stat stat;
  if (lineage_owner(state->job->lineage, (uint32_t)pid) == state->job->owners[known->agent]) return 1;
  return freeze_read_stat(pid, &stat) == 0 && stat.start == known->start;
}

/* One process of a paused group, whose path is known. */
static void take_inside(struct state *state, const struct freeze_row *known, int pid, const char *origin) {
  if (pid <= 1 || pid >= LINEAGE_PIDS) return;
  uint16_t index = state->known[pid] & (uint16_t)~INSIDE;
  const struct freeze_row *named = index == 0 ? NULL : &known[index - 1];
  int agent = named != NULL && is_still(state, pid, named) ? named->agent : agent_of(state, pid, 0);
  if (agent < 0) return;
  /* Where the kernel told it, the start is looked up at the end. */
  int is_told = lineage_owner(state->job->lineage, (uint32_t)pid) == state->job->owners[agent];
  unsigned long long start = named != NULL && named->agent == agent && !is_told ? named->start : 0;
  if (state->holds_us || pid == getpid() || !move_from(state, pid, agent, origin)) {
    take(state, pid, agent, start);
    return;
  }
  add_row(state->job, (struct freeze_row){.pid = pid, .agent = agent, .status = FREEZE_CGROUP2, .start = start});
  *mark_of(state, pid) = (uint16_t)(DONE | agent);
}

/* All groups below a paused one. */
static void take_group(struct state *state, const struct freeze_row *known, int folder, const char *path, int depth) {
  size_t count = cgroup_own_processes(folder, state->inside, PIDS_MOST);
  for (size_t i = 0; i < count; i++) take_inside(state, known, state->inside[i], path);
  int copy = depth >= CGROUP_DEPTH_MOST ? -1 : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = copy < 0 ? NULL : fdopendir(copy);
  if (list == NULL && copy >= 0) close(copy);
  for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;) {
    char below[CGROUP_PATH_MOST];
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    if (snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= (int)sizeof below) continue;
    int inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (inner < 0) continue;
    take_group(state, known, inner, below, depth + 1);
    close(inner);
  }
  if (list != NULL) closedir(list);
}

/* What is in paused groups, by parents too: forks that were not told. Then what is elsewhere. */
static void take_all(struct state *state, const struct freeze_row *known, size_t count) {
  state->job->count = 0;
  for (size_t i = 0; i < count; i++)
    if (known[i].pid > 0 && known[i].pid < LINEAGE_PIDS) state->known[known[i].pid] |= (uint16_t)(i + 1);
  for (size_t i = 0; i < state->units.count; i++)
    take_group(state, known, state->units.list[i].folder, state->units.list[i].path, 0);
  for (size_t i = 0; i < count; i++) take(state, known[i].pid, known[i].agent, known[i].start);
}

/* ---- The whole ---- */

static int prepare(struct freeze_job *job, int root, const char *file, const char *frozen) {
  char path[CGROUP_PATH_MOST];
  for (const char *at = strchr(job->base, '/'); at != NULL; at = strchr(at + 1, '/')) {
    snprintf(path, sizeof path, "%.*s", (int)(at - job->base), job->base);
    mkdirat(root, path, 0755);
  }
  mkdirat(root, job->base, 0700);
  for (size_t i = 0; i < job->agents; i++) {
    snprintf(path, sizeof path, "%s/%s", job->base, job->ids[i]);
    if (mkdirat(root, path, 0700) != 0 && errno != EEXIST) return -1;
    int folder = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    int written = folder < 0 ? -1 : cgroup_write(folder, file, frozen);
    if (folder >= 0) close(folder);
    if (written != 0) return -1;
  }
  return 0;
}

/* What was ending while it was moved is not frozen; of those that were named it is said. What is frozen is what the kernel lists. */
static void settle(struct state *state) {
  struct freeze_job *job = state->job;
  struct freeze_stat stat;
  size_t kept = 0;
  for (size_t i = 0; i < job->count; i++) {
    struct freeze_row *row = &job->rows[i];
    int is_there = row->status > FREEZE_SIGNALS;
    if (!is_there && freeze_read_stat(row->pid, &stat) == 0 && !stat.is_over) {
      if (row->start == 0) row->start = stat.start;
      is_there = stat.start == row->start;
      /* Its pid was given to another process meanwhile, which goes back. */
      if (!is_there && row->status == FREEZE_CGROUP2) move_back(state, row->pid);
    }
    *mark_of(state, row->pid) = is_there ? (uint16_t)(DONE | row->agent) : 0;
    if (!is_there) row->status = FREEZE_ENDED;
    int is_named = (state->known[row->pid] & (uint16_t)~INSIDE) != 0;
    if (is_there || is_named) job->rows[kept++] = *row;
  }
  job->count = kept;
  for (size_t agent = 0; agent < job->agents; agent++) {
    const int roots[] = {job->cgroup2, job->cgroup1};
    for (int method = 0; method < 2; method++) {
      char path[CGROUP_PATH_MOST];
      snprintf(path, sizeof path, "%s/%s", job->base, job->ids[agent]);
      int folder = roots[method] < 0 ? -1 : openat(roots[method], path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
      if (folder < 0) continue;
      size_t count = cgroup_processes(folder, 0, state->pids, PIDS_MOST);
      close(folder);
      for (size_t i = 0; i < count; i++) {
        if ((*mark_of(state, state->pids[i]) & DONE) != 0 && *mark_of(state, state->pids[i]) != OTHER) continue;
        if (freeze_read_stat(state->pids[i], &stat) != 0 || stat.is_over) continue;
        add_row(job, (struct freeze_row){.pid = state->pids[i],
                                         .agent = (int)agent,
                                         .status = method == 0 ? FREEZE_CGROUP2 : FREEZE_CGROUP1,
                                         .start = stat.start});
      }
    }
  }
}

static void confirm(struct state *state) {
  struct freeze_job *job = state->job;
  char path[CGROUP_PATH_MOST];
  long long deadline = cgroup_now_us() + CONFIRM_WAIT_US;
  int all = 1;
  for (size_t i = 0; job->cgroup2 >= 0 && i < job->agents; i++) {
    snprintf(path, sizeof path, "%s/%s", job->base, job->ids[i]);
    int folder = openat(job->cgroup2, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    all &= folder >= 0 && cgroup_wait_frozen(folder, deadline);
    if (folder >= 0) close(folder);
  }
  if (all) {
    job->confirmed_us = cgroup_now_us() - state->begin_us;
    return;
  }
  job->flags |= FREEZE_UNCONFIRMED;
  struct freeze_stat stat;
  for (size_t i = 0; i < job->count; i++)
    if (job->rows[i].status <= FREEZE_SIGNALS && freeze_read_stat(job->rows[i].pid, &stat) == 0 && stat.state == 'D')
      job->rows[i].status = FREEZE_UNINTERRUPTIBLE;
}

/* Catches forks as the kernel tells them, the newest first: a frozen parent has frozen children. Until there are none. */
static void follow(struct state *state, long long deadline_us) {
  struct lineage *lineage = state->job->lineage;
  const struct timespec pause = {.tv_nsec = LOOK_AGAIN_US * 1000};
  for (int quiet = 0; !quiet && cgroup_now_us() < deadline_us;) {
    lineage_drain(lineage);
    size_t caught = 0;
    for (size_t back = 1; back <= lineage->recent_count && back <= LINEAGE_RECENT && caught < FORKS_A_TURN; back++) {
      uint32_t pid = lineage->recent[(lineage->recent_count - back) % LINEAGE_RECENT];
      int agent = agent_of_owner(state->job, lineage_owner(lineage, pid));
      if (agent < 0) continue;
      catch_fork(state, (int)pid, agent);
      caught++;
    }
    if (caught > 0) continue;
    nanosleep(&pause, NULL);
    lineage_drain(lineage);
    quiet = lineage->recent_count == 0;
  }
}

static void chase(struct state *state, int by_parents, int clean_looks) {
  long long deadline = cgroup_now_us() + CHASE_US;
  for (int clean = 0; clean < clean_looks;) {
    follow(state, deadline);
    clean = look(state, by_parents) > 0 ? 0 : clean + 1;
    if (cgroup_now_us() <= deadline) continue;
    if (clean == 0) state->job->flags |= FREEZE_NOT_CLEAN;
    return;
  }
}

static void run(struct state *state, struct freeze_row *known) {
  struct freeze_job *job = state->job;
  size_t count = job->count;
  state->holds_us = agent_of_owner(job, lineage_owner(job->lineage, (uint32_t)getpid())) >= 0;
  for (size_t i = 0; i < count; i++) state->holds_us |= job->rows[i].pid == getpid();
  if (job->cgroup2 >= 0 && prepare(job, job->cgroup2, "cgroup.freeze", "1") != 0) job->cgroup2 = -1;
  if (job->cgroup2 < 0 && job->cgroup1 >= 0 && prepare(job, job->cgroup1, "freezer.state", "FROZEN") != 0)
    job->cgroup1 = -1;
  int paused = job->cgroup2 >= 0 && units_begin(&state->units, job->cgroup2, job->base) == 0;
  int loose = paused ? pause_groups(state) : 1;
  lineage_drain(job->lineage);
  memcpy(known, job->rows, count * sizeof *known);
  take_all(state, known, count);
  /* One that was frozen before may have children elsewhere that an earlier run did not come to. */
  int apart = 0;
  for (size_t i = 0; i < count; i++)
    apart |= known[i].pid <= 0 || known[i].pid >= LINEAGE_PIDS || (state->known[known[i].pid] & INSIDE) == 0;
  int lost = atomic_exchange(&job->lineage->lost, 0);
  look(state, lost);
  if (paused) units_end(&state->units);
  if (paused && state->units.count > 0) job->paused_us = cgroup_now_us() - state->units.since_us;
  if (lost || job->lineage->connector < 0) job->flags |= FREEZE_FORKS_LOST;
  if (loose) job->flags |= FREEZE_NO_UNIT;
  chase(state, loose || lost || apart, loose || lost ? CLEAN_LOOKS : 1);
  settle(state);
  confirm(state);
}

/* A number for each pid. Only pages that are written take memory. */
static uint16_t *by_pid(void) {
  void *memory = mmap(NULL, LINEAGE_PIDS * sizeof(uint16_t), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

void freeze_processes(struct freeze_job *job) {
  struct state *state = calloc(1, sizeof *state);
  struct freeze_row *known = malloc(sizeof job->rows);
  job->flags = 0;
  job->confirmed_us = -1;
  job->paused_us = 0;
  if (state != NULL) {
    state->job = job;
    state->begin_us = cgroup_now_us();
    state->folder = state->door = state->units.marks = -1;
    state->pids = malloc(PIDS_MOST * sizeof *state->pids);
    state->inside = malloc(PIDS_MOST * sizeof *state->inside);
    state->marks = by_pid();
    state->known = by_pid();
  }
  if (state != NULL && known != NULL && state->pids != NULL && state->inside != NULL && state->marks != NULL &&
      state->known != NULL)
    run(state, known);
  else {
    job->flags |= FREEZE_NO_MEMORY | FREEZE_UNCONFIRMED;
    job->count = 0;
  }
  if (state != NULL) {
    if (state->folder >= 0) close(state->folder);
    if (state->door >= 0) close(state->door);
    if (state->marks != NULL) munmap(state->marks, LINEAGE_PIDS * sizeof *state->marks);
    if (state->known != NULL) munmap(state->known, LINEAGE_PIDS * sizeof *state->known);
    free(state->inside);
    free(state->pids);
  }
  free(known);
  free(state);
}
