/* Threads that may be left behind, and what those who wait for them wait at. */
#ifndef DETACHED_THREAD_H
#define DETACHED_THREAD_H

#include <pthread.h>

/* A condition whose deadlines are of CLOCK_MONOTONIC. */
void init_timed_condition(pthread_mutex_t *lock, pthread_cond_t *changed);

/* Runs `run` in a thread that nobody joins, and that no signal of the program reaches. Returns 0 or an error number. */
int start_detached_thread(void *(*run)(void *), void *with);

#endif
