/* Follows forks from agents, however fast their processes replace each other. */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "lineage.h"
#include "../process-watch/process-connector.h"

/* Forks of a tenth of a second in the fastest storm that a machine makes. */
#define RECEIVE_BYTES (8 * 1024 * 1024)
#define EVENTS 256
/* The kernel tells faster than we read only if it never ends: a bound for that. */
#define TURNS_MOST 512

int lineage_open(struct lineage *lineage, uint32_t wanted) {
  pthread_mutex_init(&lineage->lock, NULL);
  lineage->connector = -1;
  lineage->owners = mmap(NULL, LINEAGE_PIDS * sizeof *lineage->owners, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (lineage->owners == MAP_FAILED) {
    lineage->owners = NULL;
    return -2;
  }
  lineage->connector = connector_open(wanted, RECEIVE_BYTES);
  return lineage->connector < 0 ? -1 : 0;
}

void lineage_close(struct lineage *lineage) {
  if (lineage->connector >= 0) connector_close(lineage->connector);
  if (lineage->owners != NULL) munmap(lineage->owners, LINEAGE_PIDS * sizeof *lineage->owners);
  lineage->connector = -1;
  lineage->owners = NULL;
}

static void set_owner(struct lineage *lineage, uint32_t pid, uint32_t owner) {
  if (pid < LINEAGE_PIDS && lineage_owner(lineage, pid) != owner)
    atomic_store_explicit(&lineage->owners[pid], owner, memory_order_relaxed);
}

uint32_t lineage_owner(const struct lineage *lineage, uint32_t pid) {
  return pid < LINEAGE_PIDS ? atomic_load_explicit(&lineage->owners[pid], memory_order_relaxed) : 0;
}

static void take_fork(struct lineage *lineage, const struct process_event *fork) {
  uint32_t owner = lineage_owner(lineage, fork->parent);
  set_owner(lineage, fork->pid, owner);
  if (owner != 0) lineage->recent[lineage->recent_count++ % LINEAGE_RECENT] = fork->pid;
}

/* Under the lock. */
static void drain(struct lineage *lineage) {
  struct process_event events[EVENTS];
  size_t count = EVENTS;
  for (int turn = 0; lineage->connector >= 0 && count > 0 && turn < TURNS_MOST; turn++) {
    int error = 0;
    count = connector_receive(lineage->connector, events, EVENTS, &error);
    for (size_t i = 0; i < count; i++)
      if (events[i].kind == EVENT_FORK) take_fork(lineage, &events[i]);
    if (error != 0) atomic_store(&lineage->lost, 1);
    if (error != 0 && error != ENOBUFS) break;
  }
}

void lineage_drain(struct lineage *lineage) {
  pthread_mutex_lock(&lineage->lock);
  lineage->recent_count = 0;
  drain(lineage);
  pthread_mutex_unlock(&lineage->lock);
}

void lineage_own(struct lineage *lineage, const int32_t *pids, const uint32_t *owners, size_t count) {
  pthread_mutex_lock(&lineage->lock);
  drain(lineage);
  for (size_t i = 0; i < count; i++)
    if (pids[i] > 0) set_owner(lineage, (uint32_t)pids[i], owners[i]);
  pthread_mutex_unlock(&lineage->lock);
}
