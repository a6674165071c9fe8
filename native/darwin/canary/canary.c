/*
 * surety-canary-darwin COUNTS: what a drill stops in place of an agent. A process and its child, in a session of its own, count in a
 * file that both have mapped: two 64-bit numbers. They begin with the first byte of standard input, and end with its end, and after
 * ten minutes in any case. Apple's headers are not on the machine that compiles this; numbers and structures below are the same on
 * Linux, where a test runs it.
 */
#include <stddef.h>
#include <stdint.h>

struct pollfd {
  int descriptor;
  short events, seen;
};

struct timespec {
  long seconds, nanoseconds;
};

extern int open(const char *path, int flags, ...);
extern long read(int descriptor, void *bytes, size_t length);
extern int poll(struct pollfd *polled, unsigned count, int timeout_ms);
extern void *mmap(void *at, size_t length, int protection, int flags, int descriptor, int64_t offset);
extern int nanosleep(const struct timespec *pause, struct timespec *left);
extern unsigned alarm(unsigned seconds);
extern int fork(void);
extern int setsid(void);
extern int getpid(void);
extern int getppid(void);
extern void _exit(int code) __attribute__((noreturn));

#define O_RDWR 2
#define POLLIN 1
#define PROT_READ_WRITE 3
#define MAP_SHARED 1
#define LONGEST_S 600

static int input_has_ended(void) {
  char byte;
  struct pollfd input = {0, POLLIN, 0};
  return poll(&input, 1, 0) > 0 && read(0, &byte, 1) <= 0;
}

/* The child ends with its parent: it is given to another one then. */
static _Noreturn void count_in(volatile uint64_t *counter, int parent) {
  const struct timespec pause = {0, 500000};
  for (;;) {
    ++*counter;
    nanosleep(&pause, NULL);
    if (parent == 0 ? input_has_ended() : getppid() != parent) _exit(0);
  }
}

int main(int count, char **arguments) {
  char byte;
  int file = count == 2 ? open(arguments[1], O_RDWR) : -1;
  if (file < 0) return 2;
  uint64_t *counts = mmap(NULL, 2 * sizeof *counts, PROT_READ_WRITE, MAP_SHARED, file, 0);
  if ((intptr_t)counts == -1 || read(0, &byte, 1) != 1) return 2;
  int parent = getpid();
  alarm(LONGEST_S);
  int child = fork();
  if (child < 0) return 2;
  if (child == 0) {
    alarm(LONGEST_S);
    setsid();
  }
  count_in(&counts[child == 0], child == 0 ? parent : 0);
}
