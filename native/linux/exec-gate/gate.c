/*
 * surety-exec-gate: holds programs as they start. The kernel asks it before a file is opened to be run. What matches a rule goes into
 * a frozen cgroup first; everything is allowed. It is a process of its own, because every exec on the machine waits for it: it never
 * waits for the daemon, and its end lets everything continue. Its parent watches it, see watchdog.h; its child reads the arguments of
 * interpreters, see readers.h.
 *
 * Arguments: the only mounts to watch; all local ones without.
 * Standard input: rules, each a 32-bit length and texts (see rules.h); no rule ends all questions. Its end ends
 * the gate.
 * Standard output: reports (see reports.h):
 *   ready MOUNTS REFUSED                      the rules hold
 *   refused REASON                            the rules do not hold, and nothing is held
 *   held PID START CGROUP PATH file|script|unread   the cgroup it was in
 *   unheld PID PATH REASON                    it matches and runs
 *   lost COUNT                                reports that found no room
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "hold.h"
#include "jobs.h"
#include "opens.h"
#include "readers.h"
#include "reports.h"
#include "watchdog.h"

#define PRIORITY 10
#define MESSAGE_MOST (1 << 20)
#define EVENTS_A_READ 32

static struct {
  int fd, mounts;
  char **points;
  struct shared_rules *rules;
} gate = {.fd = -1, .mounts = -1};

static void close_gate(void) {
  if (gate.fd < 0) return;
  jobs_give_up(gate.fd);
  close(gate.fd);
  gate.fd = -1;
}

static void refuse(const char *reason) {
  close_gate();
  report("refused", reason, NULL);
}

static void mark(int is_first) {
  char marked[16], refused[16];
  unsigned count, failed;
  count = opens_mark(gate.fd, gate.points, &failed);
  snprintf(marked, sizeof marked, "%u", count);
  snprintf(refused, sizeof refused, "%u", failed);
  if (is_first && count == 0) refuse("no file system can be watched");
  else if (is_first) report("ready", marked, refused, NULL);
}

static void take_rules(const char *text, size_t bytes) {
  struct shared_rules *rules = shared_rules_make(text, bytes);
  if (rules == NULL) return refuse("the rules are malformed");
  readers_follow(NULL);
  shared_rules_drop(gate.rules);
  gate.rules = rules;
  if (rules_are_empty(rules->rules)) {
    close_gate();
    return report("ready", "0", "0", NULL);
  }
  int error = hold_prepare(rules_cgroup(rules->rules));
  if (error != 0) return refuse(strerror(error));
  readers_follow(rules->rules);
  if (gate.fd < 0) gate.fd = opens_init();
  if (gate.fd < 0) return refuse(strerror(errno));
  mark(1);
}

/* -1 at the end of the input, and for a message that is none. */
static int read_input(void) {
  static char *message;
  static size_t used, room;
  if (room - used < 4096) {
    room = room * 2 + 8192;
    char *more = realloc(message, room);
    if (more == NULL) return -1;
    message = more;
  }
  ssize_t bytes = read(STDIN_FILENO, message + used, room - used);
  if (bytes < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  if (bytes == 0) return -1;
  used += (size_t)bytes;
  for (;;) {
    uint32_t size;
    if (used < sizeof size) return 0;
    memcpy(&size, message, sizeof size);
    if (size > MESSAGE_MOST) return -1;
    if (used < sizeof size + size) return 0;
    take_rules(message + sizeof size, size);
    used -= sizeof size + size;
    memmove(message, message + sizeof size + size, used);
  }
}

/* A program of a user that no rule selects is allowed here, before its memory is read. */
static void judge(int event, int tid) {
  static struct opening opening;
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", event);
  ssize_t bytes = tid > 0 ? readlink(link, opening.path, sizeof opening.path - 1) : -1;
  const struct rules *rules = gate.rules->rules;
  opening.gate = gate.fd;
  opening.event = event;
  opening.tid = tid;
  if (bytes > 0 && rules_may_match(rules, opening.path, (size_t)bytes) && caller_of(tid, &opening.caller)) {
    opening.path[bytes] = '\0';
    opening.match = rules_match(rules, opening.path, (size_t)bytes, &opening.caller);
    if (opening.match != NO_MATCH && jobs_add(gate.rules, &opening)) return;
  }
  opens_allow(gate.fd, event);
}

static void answer_questions(void) {
  struct fanotify_event_metadata events[EVENTS_A_READ];
  ssize_t bytes = read(gate.fd, events, sizeof events);
  if (bytes <= 0) return;
  for (struct fanotify_event_metadata *event = events; FAN_EVENT_OK(event, bytes); event = FAN_EVENT_NEXT(event, bytes))
    if (event->fd >= 0) judge(event->fd, event->pid);
}

static void run(void) {
  for (;;) {
    struct pollfd polled[] = {
        {STDIN_FILENO, POLLIN, 0},
        {gate.fd, POLLIN, 0},
        {gate.fd < 0 ? -1 : gate.mounts, POLLPRI, 0},
        {STDOUT_FILENO, reports_wait() ? POLLOUT : 0, 0},
        {readers_descriptor(), POLLIN, 0},
    };
    const int late_ms = jobs_wait_ms(), wait_ms = late_ms < 0 || late_ms > BEAT_MS ? BEAT_MS : late_ms;
    if (poll(polled, sizeof polled / sizeof *polled, wait_ms) < 0 && errno != EINTR) return;
    watchdog_beat();
    if ((polled[1].revents & POLLIN) != 0) answer_questions();
    jobs_check();
    if ((polled[2].revents & (POLLPRI | POLLERR)) != 0) mark(0);
    if ((polled[3].revents & (POLLERR | POLLHUP)) != 0 || (polled[3].revents != 0 && reports_send() != 0)) return;
    if ((polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && read_input() != 0) return;
  }
}

int main(int count, char **arguments) {
  gate.points = arguments + (count > 0);
  hold_spares(getppid());
  const struct sched_param priority = {.sched_priority = PRIORITY};
  sched_setscheduler(0, SCHED_FIFO, &priority);
  if (watchdog_start() != 0) return 1;
  signal(SIGPIPE, SIG_IGN);
  /* Nobody waits for the child. */
  signal(SIGCHLD, SIG_IGN);
  mlockall(MCL_CURRENT | MCL_FUTURE);
  prctl(PR_SET_DUMPABLE, 0);
  int adjust = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (adjust >= 0) {
    if (write(adjust, "-1000", 5) < 0) errno = 0;
    close(adjust);
  }
  fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
  fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
  gate.mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (jobs_start() != 0) return 1;
  run();
  close_gate();
  return 0;
}
