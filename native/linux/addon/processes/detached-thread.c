/* Threads that may be left behind: detached, small, and without signals. */
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "detached-thread.h"

/* For a few frames of our own and system calls. */
#define STACK_BYTES (128 * 1024)

void init_timed_condition(pthread_mutex_t *lock, pthread_cond_t *changed) {
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_mutex_init(lock, NULL);
  pthread_cond_init(changed, &clock);
  pthread_condattr_destroy(&clock);
}

int start_detached_thread(void *(*run)(void *), void *with) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  /* Signals are for the threads of the program. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  pthread_t thread;
  int error = pthread_create(&thread, &attributes, run, with);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}
