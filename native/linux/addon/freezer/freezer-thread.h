/* The freezer of a program: its thread (freezer-thread.c), and what JavaScript has of it (open-freezer.c). */
#ifndef FREEZER_THREAD_H
#define FREEZER_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <node_api.h>
#include <uv.h>

#include "freeze-job.h"

#define BASE_MOST 256

enum command { COMMAND_NONE, COMMAND_FREEZE, COMMAND_WARM };

struct freezer {
  pthread_t thread;
  pthread_mutex_t lock;
  int wake, stopping;
  /* Its id, once it runs. */
  atomic_int self;
  /* Under the lock. */
  enum command wanted;
  long long urgent_until_us;
  struct lineage lineage;
  struct freeze_job job;
  char base[BASE_MOST];
  int cgroup2, cgroup1;
  /* The loop's alone. */
  uv_async_t done;
  napi_env env;
  napi_ref callback, rows;
  napi_async_context context;
  bool busy;
};

/* 0, or an error number. */
int freezer_start(struct freezer *freezer);
void freezer_stop(struct freezer *freezer);
/* In the thread of the loop. */
void freezer_command(struct freezer *freezer, enum command wanted);
void freezer_hurry(struct freezer *freezer, bool on);

#endif
