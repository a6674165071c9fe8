/*
 * Executes programs at a given rate and records when.
 *
 *   exec-storm COUNT PER_SECOND LONG_EVERY LONG_MS OUTPUT PROGRAM…
 *
 * Every LONG_EVERY-th program runs for LONG_MS, the others end at once. PER_SECOND 0 means as fast as possible. A program
 * gets the arguments NUMBER and MS, and the variable SURETY_BENCH_ID=NUMBER. OUTPUT has one line per program: its pid, and
 * the nanoseconds of the monotonic clock right before its start. Prints the average nanoseconds per exec.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int count, char **words) {
  if (count < 7) return 2;
  int times = atoi(words[1]), per_second = atoi(words[2]), long_every = atoi(words[3]);
  int programs = count - 6, named = 0;
  while (environ[named] != NULL) named++;
  char **environment = calloc((size_t)named + 2, sizeof *environment);
  memcpy(environment, environ, (size_t)named * sizeof *environment);
  char marker[64], number[16], ms[16];
  environment[named] = marker;
  struct { int pid; long long at; } *started = calloc((size_t)times, sizeof *started);
  long long begun = now_ns();
  for (int i = 0; i < times; i++) {
    if (per_second > 0) while (now_ns() < begun + i * (1000000000LL / per_second)) continue;
    int lives = long_every > 0 && i % long_every == 0;
    snprintf(marker, sizeof marker, "SURETY_BENCH_ID=%d", i);
    snprintf(number, sizeof number, "%d", i);
    snprintf(ms, sizeof ms, "%d", lives ? atoi(words[4]) : 0);
    char *program = words[6 + i % programs];
    char *arguments[] = {program, number, ms, NULL};
    pid_t pid;
    started[i].at = now_ns();
    if (posix_spawn(&pid, program, NULL, NULL, arguments, environment) != 0) return 1;
    started[i].pid = pid;
    if (!lives) waitpid(pid, NULL, 0);
  }
  long long took = now_ns() - begun;
  while (wait(NULL) > 0) continue;
  FILE *output = fopen(words[5], "w");
  if (output == NULL) return 1;
  for (int i = 0; i < times; i++) fprintf(output, "%d %lld\n", started[i].pid, started[i].at);
  fclose(output);
  printf("%lld\n", took / times);
  return 0;
}
