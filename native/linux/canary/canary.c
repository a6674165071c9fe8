/*
 * surety-canary: what a drill stops in place of an agent. A process and its child, in a session of its own, count in memory that is
 * open as descriptor 3: two 64-bit numbers in the byte order of the machine. It begins with the first byte of standard input and ends
 * with its end, and after ten minutes in any case.
 */
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define COUNTERS 3
#define LONGEST_S 600

static int input_has_ended(void) {
  char byte;
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static void work(volatile uint64_t *counter, int is_parent) {
  const struct timespec pause = {0, 500000};
  for (;;) {
    ++*counter;
    nanosleep(&pause, NULL);
    if (is_parent && input_has_ended()) _exit(0);
  }
}

int main(void) {
  char byte;
  int fd = memfd_create("surety-canary", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, 2 * sizeof(uint64_t)) != 0 || dup2(fd, COUNTERS) != COUNTERS) return 2;
  uint64_t *counters = mmap(NULL, 2 * sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, COUNTERS, 0);
  if (counters == MAP_FAILED || read(STDIN_FILENO, &byte, 1) != 1) return 2;
  alarm(LONGEST_S);
  const pid_t child = fork();
  if (child < 0) return 2;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(LONGEST_S);
    setsid();
  }
  work(&counters[child == 0], child != 0);
}
