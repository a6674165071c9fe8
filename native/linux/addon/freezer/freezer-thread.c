/*
 * The thread of the freezer. It follows forks and carries out one job at a time, with real-time priority: what it stops may use
 * every processor.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroups.h"
#include "freezer-thread.h"

#define PRIORITY 10
/* Of the other threads of the daemon, below that of this one. */
#define URGENT_PRIORITY 5
#define URGENT_MOST_MS 1000
/* Where a kernel refuses real time. */
#define NICE -20
/* Forks are read this often while there are some: the kernel keeps the rest. */
#define GATHER_MS 20
#define STACK_BYTES (512 * 1024)

static int set_priority(int thread, int priority) {
  const struct sched_param real_time = {.sched_priority = priority}, ordinary = {.sched_priority = 0};
  /* Children of the daemon, as its reader, never have it. */
  return priority > 0 ? sched_setscheduler(thread, SCHED_FIFO | SCHED_RESET_ON_FORK, &real_time)
                      : sched_setscheduler(thread, SCHED_OTHER | SCHED_RESET_ON_FORK, &ordinary);
}

/* All threads of the daemon but `except`, the freezer's, which has its own priority. */
static void set_urgent(int urgent, int except) {
  DIR *list = opendir("/proc/self/task");
  if (list == NULL) return;
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    int thread = atoi(entry->d_name);
    if (thread > 0 && thread != except) set_priority(thread, urgent ? URGENT_PRIORITY : 0);
  }
  closedir(list);
}

static void end_urgency(struct freezer *freezer, int self) {
  pthread_mutex_lock(&freezer->lock);
  int over = freezer->urgent_until_us != 0 && cgroup_now_us() >= freezer->urgent_until_us;
  if (over) freezer->urgent_until_us = 0;
  pthread_mutex_unlock(&freezer->lock);
  if (over) set_urgent(0, self);
}

static void *work(void *given) {
  struct freezer *freezer = given;
  int self = (int)syscall(SYS_gettid), gather = 0;
  atomic_store(&freezer->self, self);
  if (set_priority(self, PRIORITY) != 0) setpriority(PRIO_PROCESS, (id_t)self, NICE);
  for (;;) {
    uint64_t times;
    pthread_mutex_lock(&freezer->lock);
    int stopping = freezer->stopping, urgent = freezer->urgent_until_us != 0;
    enum command wanted = freezer->wanted;
    freezer->wanted = COMMAND_NONE;
    pthread_mutex_unlock(&freezer->lock);
    if (stopping) return NULL;
    if (wanted == COMMAND_WARM) freeze_warm(freezer->cgroup2);
    if (wanted == COMMAND_FREEZE) {
      freeze_processes(&freezer->job);
      uv_async_send(&freezer->done);
    }
    if (wanted != COMMAND_NONE) continue;
    struct pollfd on[2] = {{.fd = freezer->wake, .events = POLLIN},
                           {.fd = gather ? -1 : freezer->lineage.connector, .events = POLLIN}};
    int found = poll(on, 2, gather ? GATHER_MS : urgent ? URGENT_MOST_MS : -1);
    if (on[0].revents != 0 && read(freezer->wake, &times, sizeof times) < 0 && errno != EAGAIN) return NULL;
    gather = on[1].revents != 0;
    if (gather) lineage_drain(&freezer->lineage);
    if (found < 0 && errno != EINTR) return NULL;
    end_urgency(freezer, self);
  }
}

void freezer_command(struct freezer *freezer, enum command wanted) {
  const uint64_t one = 1;
  pthread_mutex_lock(&freezer->lock);
  /* A job is not forgotten for a warning of one. */
  if (freezer->wanted != COMMAND_FREEZE) freezer->wanted = wanted;
  pthread_mutex_unlock(&freezer->lock);
  if (write(freezer->wake, &one, sizeof one) < 0) return;
}

void freezer_hurry(struct freezer *freezer, bool on) {
  pthread_mutex_lock(&freezer->lock);
  int was = freezer->urgent_until_us != 0;
  freezer->urgent_until_us = on ? cgroup_now_us() + URGENT_MOST_MS * 1000LL : 0;
  pthread_mutex_unlock(&freezer->lock);
  if (was == on) return;
  set_urgent(on, atomic_load(&freezer->self));
  if (on) freezer_command(freezer, COMMAND_NONE);
}

int freezer_start(struct freezer *freezer) {
  pthread_attr_t attributes;
  sigset_t all, before;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int error = pthread_create(&freezer->thread, &attributes, work, freezer);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

void freezer_stop(struct freezer *freezer) {
  const uint64_t one = 1;
  pthread_mutex_lock(&freezer->lock);
  freezer->stopping = 1;
  pthread_mutex_unlock(&freezer->lock);
  if (write(freezer->wake, &one, sizeof one) == sizeof one) pthread_join(freezer->thread, NULL);
}
