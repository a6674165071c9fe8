#include "jobs.h"

#include <stdlib.h>

static void free_job(napi_env env, struct job *job) {
  if (job->work != NULL) napi_delete_async_work(env, job->work);
  if (job->held != NULL) napi_delete_reference(env, job->held);
  if (job->release != NULL) job->release(job);
  free(job);
}

static void run_job(napi_env env, void *data) {
  (void)env;
  struct job *job = data;
  job->run(job);
}

static void end_job(napi_env env, napi_status status, void *data) {
  struct job *job = data;
  napi_value value = status == napi_ok ? job->result(env, job) : NULL;
  if (value != NULL) {
    napi_resolve_deferred(env, job->deferred, value);
  } else {
    napi_value error = NULL, text;
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
      napi_get_and_clear_last_exception(env, &error);
    } else if (napi_create_string_utf8(env, "the result could not be handed over", NAPI_AUTO_LENGTH, &text) == napi_ok) {
      napi_create_error(env, NULL, text, &error);
    }
    if (error != NULL) napi_reject_deferred(env, job->deferred, error);
  }
  free_job(env, job);
}

napi_value start_job(napi_env env, struct job *job, napi_value held, const char *name) {
  napi_value promise, label;
  if ((held == NULL || napi_create_reference(env, held, 1, &job->held) == napi_ok) &&
      napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &label) == napi_ok &&
      napi_create_async_work(env, NULL, label, run_job, end_job, job, &job->work) == napi_ok &&
      napi_create_promise(env, &job->deferred, &promise) == napi_ok && napi_queue_async_work(env, job->work) == napi_ok) {
    return promise;
  }
  free_job(env, job);
  napi_throw_error(env, NULL, "no thread for it");
  return NULL;
}

napi_value number_value(napi_env env, uint32_t number) {
  napi_value value;
  return napi_create_uint32(env, number, &value) == napi_ok ? value : NULL;
}

napi_value bytes_value(napi_env env, const uint8_t *bytes, uint32_t length) {
  napi_value value;
  return napi_create_buffer_copy(env, length, bytes, NULL, &value) == napi_ok ? value : NULL;
}
