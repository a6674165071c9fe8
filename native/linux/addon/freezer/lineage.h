/* Which agent each process descends from. The kernel tells forks; a fork belongs to the agent of its parent. */
#ifndef LINEAGE_H
#define LINEAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* PID_MAX_LIMIT of include/linux/threads.h */
#define LINEAGE_PIDS (4 * 1024 * 1024)
#define LINEAGE_RECENT 64

struct lineage {
  /* Held while events are read and while owners are named: a fork that is read late must not clear an owner. */
  pthread_mutex_t lock;
  int connector;
  /* An agent's number for each pid, 0 for none. Only pages that are written take memory. */
  _Atomic uint32_t *owners;
  /* Forks were missed since this was last cleared. */
  atomic_int lost;
  /* The newest forks that have an owner, as of the last drain by the thread of the freezer. */
  uint32_t recent[LINEAGE_RECENT];
  size_t recent_count;
};

/* `wanted` is EVENT_FORK, or 0 on a kernel without the filter. Returns 0, or -1 with errno: there are no events then, and
   only the processes that were named have an owner. Returns -2 when it has no memory. */
int lineage_open(struct lineage *lineage, uint32_t wanted);
void lineage_close(struct lineage *lineage);

/* Takes what the kernel has told first. */
void lineage_own(struct lineage *lineage, const int32_t *pids, const uint32_t *owners, size_t count);
uint32_t lineage_owner(const struct lineage *lineage, uint32_t pid);
/* Takes all forks that the kernel has told by now; `recent` then has the newest of these. */
void lineage_drain(struct lineage *lineage);

#endif
