/* What a test sees of a program that is to be stopped: numbers in a shared file, written by the program and all that it starts. */
#ifndef LIVING_H
#define LIVING_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct living {
  /* It grows while anything of it runs. */
  uint64_t count;
  /* Processes so far. */
  uint64_t processes;
  /* CLOCK_REALTIME of the last step, in nanoseconds. */
  uint64_t last;
  /* Of the last step. */
  uint64_t pid;
};

static struct living *living;

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void step(void) {
  living->last = clock_ns(CLOCK_REALTIME);
  living->pid = (uint64_t)getpid();
  __atomic_add_fetch(&living->count, 1, __ATOMIC_SEQ_CST);
}

static inline void step_for(uint64_t microseconds) {
  const uint64_t end = clock_ns(CLOCK_MONOTONIC) + microseconds * 1000u;
  do step();
  while (clock_ns(CLOCK_MONOTONIC) < end);
}

static inline void begin_process(void) { __atomic_add_fetch(&living->processes, 1, __ATOMIC_SEQ_CST); }

static inline void rest(uint64_t microseconds) {
  struct timespec time = {(time_t)(microseconds / 1000000u), (long)(microseconds % 1000000u) * 1000};
  nanosleep(&time, NULL);
}

/* The first argument is the shared file. */
static inline void begin_living(int count, char **arguments) {
  int fd = count > 1 ? open(arguments[1], O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) exit(2);
  living = mmap(NULL, sizeof *living, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (living == MAP_FAILED) exit(2);
  close(fd);
  begin_process();
}

static inline uint64_t number_at(int count, char **arguments, int at, uint64_t otherwise) {
  return count > at ? strtoull(arguments[at], NULL, 10) : otherwise;
}

#endif
