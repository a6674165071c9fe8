#include "reader-parent.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* Of CPU time: users size the work. A reader that uses more is ended by SIGPROF. */
#define READER_CPU_US 100000
/* The exit code of a reader is this and its answer. */
#define ANSWER 64

static struct child {
  /* 0 for none. */
  pid_t pid;
  int fd;
} children[READERS_MOST];

static void read_alone(pid_t parent, const struct rules *rules, const struct reader_request *request) {
  const struct itimerval most = {.it_value.tv_usec = READER_CPU_US};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* Stuck, it would keep the socket open after its parent's end. */
  if (getppid() != parent || setitimer(ITIMER_PROF, &most, NULL) != 0 || syscall(SYS_close_range, 0, ~0U, 0) != 0)
    _exit(ANSWER + MATCHES_UNREAD);
  _exit(ANSWER + (int)rules_match_script(rules, request->tid, &request->caller));
}

static void answer(int number, enum rule_match match) {
  const struct reader_answer made = {number, match};
  if (send(0, &made, sizeof made, MSG_NOSIGNAL) != sizeof made) _exit(1);
}

static void take(const struct rules *rules, const struct reader_request *request) {
  struct child *child = &children[request->number];
  if (request->tid == 0) {
    if (child->pid != 0) kill(child->pid, SIGKILL);
    return;
  }
  const pid_t parent = getpid(), pid = fork();
  if (pid < 0) return answer(request->number, MATCHES_UNREAD);
  if (pid == 0) read_alone(parent, rules, request);
  *child = (struct child){pid, (int)syscall(SYS_pidfd_open, pid, 0)};
  if (child->fd < 0) _exit(1);
}

static void reap(struct child *child) {
  int status;
  if (waitpid(child->pid, &status, WNOHANG) != child->pid) return;
  close(child->fd);
  child->pid = 0;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) - ANSWER : MATCHES_UNREAD;
  answer((int)(child - children), code == NO_MATCH || code == MATCHES_SCRIPT ? (enum rule_match)code : MATCHES_UNREAD);
}

static void serve(const struct rules *rules) {
  struct reader_request request;
  for (;;) {
    struct pollfd polled[1 + READERS_MOST] = {{0, POLLIN, 0}};
    for (int i = 0; i < READERS_MOST; i++)
      polled[1 + i] = (struct pollfd){children[i].pid == 0 ? -1 : children[i].fd, POLLIN, 0};
    if (poll(polled, 1 + READERS_MOST, -1) < 0) continue;
    for (int i = 0; i < READERS_MOST; i++)
      if (polled[1 + i].revents != 0) reap(&children[i]);
    if (polled[0].revents == 0) continue;
    if (recv(0, &request, sizeof request, 0) != sizeof request) _exit(0);
    take(rules, &request);
  }
}

/* In real time, the readers of a user would keep everything else from the CPUs. */
static int become_ordinary(void) {
  const struct sched_param none = {0};
  const int adjust = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  return adjust >= 0 && write(adjust, "0", 1) == 1 && sched_setscheduler(0, SCHED_OTHER, &none) == 0;
}

int reader_parent_start(const struct rules *rules) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  const pid_t gate = getpid(), child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_DFL);
    /* With the gate's descriptors it would keep the kernel's questions open after the gate's end. */
    if (getppid() != gate || dup2(ends[1], 0) != 0 || syscall(SYS_close_range, 1, ~0U, 0) != 0 || !become_ordinary()) _exit(1);
    serve(rules);
  }
  close(ends[1]);
  if (child > 0) return ends[0];
  close(ends[0]);
  return -1;
}
