#include "watchdog.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SILENT_MOST 4
#define NO_PIDFD 126

static uint32_t *beats;

void watchdog_beat(void) { __atomic_add_fetch(beats, 1, __ATOMIC_SEQ_CST); }

/* Counts its own turns and no time: after a sleep of the machine both begin again. */
static void watch(pid_t child) {
  int status;
  struct pollfd ended = {(int)syscall(SYS_pidfd_open, child, 0), POLLIN, 0};
  if (ended.fd < 0) {
    kill(child, SIGKILL);
    _exit(NO_PIDFD);
  }
  uint32_t last = 0;
  for (int silent = 0; poll(&ended, 1, BEAT_MS) <= 0;) {
    const uint32_t now = __atomic_load_n(beats, __ATOMIC_SEQ_CST);
    silent = now == last ? silent + 1 : 0;
    last = now;
    if (silent >= SILENT_MOST) kill(child, SIGKILL);
  }
  if (waitpid(child, &status, 0) == child && WIFEXITED(status)) _exit(WEXITSTATUS(status));
  _exit(128 + SIGKILL);
}

int watchdog_start(void) {
  beats = mmap(NULL, sizeof *beats, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (beats == MAP_FAILED) return -1;
  const pid_t parent = getpid(), child = fork();
  if (child < 0) return -1;
  if (child > 0) {
    /* Both ends of the pipes are the gate's alone. */
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    mlockall(MCL_CURRENT);
    watch(child);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return getppid() == parent ? 0 : -1;
}
