#include "readers.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* A user's other callers wait for these, LOOK_MS at most, and are held unread then. */
#define READERS_A_USER 2
/* Of CPU time: users size the work. A reader that uses more is ended by SIGPROF. */
#define READER_CPU_US 100000
/* The exit code of a reader is this and its answer. */
#define ANSWER 64

static struct reader {
  /* 0 for none. */
  pid_t pid;
  int fd;
  uid_t owner;
  int is_ended;
} readers[READERS_MOST];

/* In real time, a user's readers would keep everything else from the CPUs. */
static void be_ordinary(void) {
  const struct sched_param none = {0};
  const struct itimerval most = {.it_value.tv_usec = READER_CPU_US};
  const int adjust = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (sched_setscheduler(0, SCHED_OTHER, &none) != 0 || setitimer(ITIMER_PROF, &most, NULL) != 0 || adjust < 0 ||
      write(adjust, "0", 1) != 1)
    _exit(ANSWER + MATCHES_UNREAD);
}

static void read_alone(pid_t gate, const struct rules *rules, int tid, const struct caller *caller) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  be_ordinary();
  /* With them it would keep the kernel's questions open after the gate's end. */
  if (getppid() != gate || syscall(SYS_close_range, 0, ~0U, 0) != 0) _exit(ANSWER + MATCHES_UNREAD);
  _exit(ANSWER + (int)rules_match_script(rules, tid, caller));
}

/* False while it runs. */
static int reap(struct reader *reader, enum rule_match *match) {
  int status;
  if (waitpid(reader->pid, &status, WNOHANG) != reader->pid) return 0;
  if (reader->fd >= 0) close(reader->fd);
  *reader = (struct reader){0};
  const int answer = WIFEXITED(status) ? WEXITSTATUS(status) - ANSWER : MATCHES_UNREAD;
  *match = answer == NO_MATCH || answer == MATCHES_SCRIPT ? (enum rule_match)answer : MATCHES_UNREAD;
  return 1;
}

enum reading reader_start(const struct rules *rules, int tid, const struct caller *caller, int *number) {
  const uid_t owner = caller_owner(caller);
  unsigned own = 0, stuck = 0;
  struct reader *reader = NULL;
  for (struct reader *each = readers; each < readers + READERS_MOST; each++) {
    if (each->pid == 0) reader = each;
    else if (each->owner == owner) own++, stuck += (unsigned)each->is_ended;
  }
  if (stuck >= READERS_A_USER) return ALL_STUCK;
  if (reader == NULL || own >= READERS_A_USER) return READER_TAKEN;
  const pid_t gate = getpid(), child = fork();
  if (child < 0) return READER_TAKEN;
  if (child == 0) read_alone(gate, rules, tid, caller);
  *reader = (struct reader){child, (int)syscall(SYS_pidfd_open, child, 0), owner, 0};
  *number = (int)(reader - readers);
  return READS;
}

int reader_is_done(int number, enum rule_match *match) { return reap(&readers[number], match); }

void reader_end(int number) {
  readers[number].is_ended = 1;
  kill(readers[number].pid, SIGKILL);
}

void readers_poll(struct pollfd *to) {
  for (int i = 0; i < READERS_MOST; i++) to[i] = (struct pollfd){readers[i].pid == 0 ? -1 : readers[i].fd, POLLIN, 0};
}

void readers_check(void) {
  enum rule_match unwanted;
  for (struct reader *each = readers; each < readers + READERS_MOST; each++)
    if (each->pid != 0 && each->is_ended) reap(each, &unwanted);
}
