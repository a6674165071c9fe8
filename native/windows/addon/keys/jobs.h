/* Work on a thread of the pool, with a promise for its result. */
#ifndef SURETY_WINDOWS_JOBS_H
#define SURETY_WINDOWS_JOBS_H

#include "../arguments.h"

/* First member of each job, which is one block of the heap. `start_job` frees it. */
struct job {
  /* On a thread of the pool: no call of Node. */
  void (*run)(struct job *job);
  /* On the thread of the caller. NULL: an exception is pending, or the value could not be made. */
  napi_value (*result)(napi_env env, struct job *job);
  /* Frees what the job holds besides its own block. May be NULL. */
  void (*release)(struct job *job);
  napi_async_work work;
  napi_deferred deferred;
  napi_ref held;
};

/* Starts the job and returns its promise. `held` stays alive until the job has ended; NULL for none. NULL when it cannot
   start: the job is freed, and an exception is pending. */
napi_value start_job(napi_env env, struct job *job, napi_value held, const char *name);

/* A number, or a copy of the bytes. NULL when it cannot be made. */
napi_value number_value(napi_env env, uint32_t number);
napi_value bytes_value(napi_env env, const uint8_t *bytes, uint32_t length);

#endif
