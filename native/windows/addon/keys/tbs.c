#include "tbs.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "jobs.h"

/* As tbs.h of the Windows SDK lays it out; mingw's has only that of TPM 1.2. */
struct context_parameters {
  UINT32 version;
  UINT32 flags;
};
#define PARAMETERS_VERSION 2
#define INCLUDE_TPM_20 4u

#define INVALID_CONTEXT 0x80284004u
#define INSUFFICIENT_BUFFER 0x80284005u
#define LOCALITY_ZERO 0
#define PRIORITY_NORMAL 200
/* A TPM has buffers of 4 KiB. */
#define MOST_COMMAND_BYTES (16u * 1024)
#define MOST_RESPONSE_BYTES (16u * 1024)
#define MOST_LOG_BYTES (1024u * 1024)
#define MOST_PASSWORD_BYTES 64u

typedef UINT32(WINAPI *create_function)(const void *parameters, void **context);
typedef UINT32(WINAPI *close_function)(void *context);
typedef UINT32(WINAPI *cancel_function)(void *context);
typedef UINT32(WINAPI *log_function)(void *context, BYTE *log, UINT32 *length);
typedef UINT32(WINAPI *password_function)(void *context, UINT32 type, BYTE *password, UINT32 *length);
typedef UINT32(WINAPI *submit_function)(void *context, UINT32 locality, UINT32 priority, const BYTE *command, UINT32 length,
                                        BYTE *response, UINT32 *response_length);

static struct {
  create_function create;
  close_function close;
  cancel_function cancel;
  log_function log;
  password_function password;
  submit_function submit;
} tbs;
static SRWLOCK loading = SRWLOCK_INIT;

/* Through a pointer of any type: a FARPROC is none of these. */
static bool find(HMODULE library, const char *name, void *function) {
  FARPROC found = GetProcAddress(library, name);
  memcpy(function, &found, sizeof found);
  return found != NULL;
}

/* Not linked: the addon loads on a system without tbs.dll. 0 or an error of Windows. */
static UINT32 load_tbs(void) {
  UINT32 result = 0;
  AcquireSRWLockExclusive(&loading);
  if (tbs.create == NULL) {
    HMODULE library = LoadLibraryExW(L"tbs.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (library == NULL) {
      result = GetLastError();
    } else if (!find(library, "Tbsip_Context_Close", &tbs.close) || !find(library, "Tbsip_Cancel_Commands", &tbs.cancel) ||
               !find(library, "Tbsi_Get_TCG_Log", &tbs.log) ||
               !find(library, "Tbsi_Get_OwnerAuth", &tbs.password) || !find(library, "Tbsip_Submit_Command", &tbs.submit) ||
               !find(library, "Tbsi_Context_Create", &tbs.create)) {
      tbs.create = NULL;
      result = ERROR_PROC_NOT_FOUND;
      FreeLibrary(library);
    }
  }
  ReleaseSRWLockExclusive(&loading);
  return result;
}

/* Its members but `handle` belong to the thread of Node. */
struct context {
  uint32_t mark;
  bool busy;
  bool closed;
  void *handle;
};
#define CONTEXT_MARK 0x54425331u

static void free_context(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct context *context = data;
  if (!context->closed) tbs.close(context->handle);
  context->mark = 0;
  free(context);
}

static struct context *context_of(napi_env env, napi_value value) {
  napi_valuetype type;
  void *data;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external ||
      napi_get_value_external(env, value, &data) != napi_ok) {
    return NULL;
  }
  struct context *context = data;
  return context->mark == CONTEXT_MARK ? context : NULL;
}

struct tbs_job {
  struct job job;
  struct context *context;
  UINT32 result;
  uint8_t *bytes;
  UINT32 length;
  UINT32 room;
  UINT32 type;
  UINT32 command_length;
  uint8_t command[];
};

static void release_bytes(struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  /* It may be a password. */
  if (job->bytes != NULL) SecureZeroMemory(job->bytes, job->room);
  free(job->bytes);
}

static void run_open(struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  const struct context_parameters parameters = {PARAMETERS_VERSION, INCLUDE_TPM_20};
  job->result = load_tbs();
  if (job->result == 0) job->result = tbs.create(&parameters, &job->context->handle);
}

static void release_open(struct job *base) {
  struct context *context = ((struct tbs_job *)base)->context;
  if (context == NULL) return;
  if (context->handle != NULL) tbs.close(context->handle);
  free(context);
}

static napi_value opened(napi_env env, struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  if (job->result != 0) {
    job->context->handle = NULL;
    return number_value(env, job->result);
  }
  napi_value external;
  if (napi_create_external(env, job->context, free_context, NULL, &external) != napi_ok) return NULL;
  job->context = NULL;
  return external;
}

static struct tbs_job *new_job(size_t extra) {
  return calloc(1, sizeof(struct tbs_job) + extra);
}

static napi_value tbs_open(napi_env env, napi_callback_info info) {
  (void)info;
  struct context *context = calloc(1, sizeof *context);
  struct tbs_job *job = new_job(0);
  if (context == NULL || job == NULL) {
    free(context);
    free(job);
    return refuse(env, "no memory");
  }
  context->mark = CONTEXT_MARK;
  job->context = context;
  job->job.run = run_open;
  job->job.result = opened;
  job->job.release = release_open;
  return start_job(env, &job->job, NULL, "tbsOpen");
}

static void run_submit(struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  job->length = job->room;
  job->result = tbs.submit(job->context->handle, LOCALITY_ZERO, PRIORITY_NORMAL, job->command, job->command_length,
                           job->bytes, &job->length);
}

static void run_log(struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  job->length = job->room;
  job->result = tbs.log(job->context->handle, job->bytes, &job->length);
}

static void run_password(struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  job->length = job->room;
  job->result = tbs.password(job->context->handle, job->type, job->bytes, &job->length);
}

static void run_close(struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  job->result = tbs.close(job->context->handle);
}

static napi_value ended(napi_env env, struct job *base) {
  struct tbs_job *job = (struct tbs_job *)base;
  job->context->busy = false;
  if (job->result == 0 && job->length > job->room) job->result = INSUFFICIENT_BUFFER;
  if (job->result != 0 || job->bytes == NULL) return number_value(env, job->result);
  return bytes_value(env, job->bytes, job->length);
}

/* One call at a time, since a context that is closed while a command runs is used after its end. */
static napi_value begin(napi_env env, struct tbs_job *job, napi_value external, UINT32 room, const char *name) {
  job->job.result = ended;
  job->job.release = release_bytes;
  job->room = room;
  job->bytes = room == 0 ? NULL : malloc(room);
  if (room > 0 && job->bytes == NULL) {
    free(job);
    return refuse(env, "no memory");
  }
  struct context *context = job->context;
  context->busy = true;
  napi_value promise = start_job(env, &job->job, external, name);
  if (promise == NULL) context->busy = false;
  return promise;
}

static napi_value tbs_submit(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  uint8_t *command;
  size_t length;
  struct context *context;
  if (!read_arguments(env, info, arguments, 2) || (context = context_of(env, arguments[0])) == NULL || context->busy ||
      context->closed || !read_bytes(env, arguments[1], &command, &length) || length > MOST_COMMAND_BYTES) {
    return refuse(env, "expected an idle context and a command");
  }
  struct tbs_job *job = new_job(length);
  if (job == NULL) return refuse(env, "no memory");
  memcpy(job->command, command, length);
  job->command_length = (UINT32)length;
  job->context = context;
  job->job.run = run_submit;
  return begin(env, job, arguments[0], MOST_RESPONSE_BYTES, "tbsSubmit");
}

static struct context *idle_context(napi_env env, napi_callback_info info, napi_value *argument) {
  if (!read_arguments(env, info, argument, 1)) return NULL;
  struct context *context = context_of(env, *argument);
  return context == NULL || context->busy || context->closed ? NULL : context;
}

static napi_value tbs_event_log(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct context *context = idle_context(env, info, &argument);
  struct tbs_job *job = context == NULL ? NULL : new_job(0);
  if (job == NULL) return refuse(env, "expected an idle context");
  job->context = context;
  job->job.run = run_log;
  return begin(env, job, argument, MOST_LOG_BYTES, "tbsEventLog");
}

static napi_value tbs_owner_authorisation(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  uint32_t type;
  struct context *context;
  if (!read_arguments(env, info, arguments, 2) || (context = context_of(env, arguments[0])) == NULL || context->busy ||
      context->closed || napi_get_value_uint32(env, arguments[1], &type) != napi_ok) {
    return refuse(env, "expected an idle context and a type");
  }
  struct tbs_job *job = new_job(0);
  if (job == NULL) return refuse(env, "no memory");
  job->context = context;
  job->type = type;
  job->job.run = run_password;
  return begin(env, job, arguments[0], MOST_PASSWORD_BYTES, "tbsOwnerAuthorisation");
}

static napi_value tbs_close(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct context *context = idle_context(env, info, &argument);
  struct tbs_job *job = context == NULL ? NULL : new_job(0);
  if (job == NULL) return refuse(env, "expected an idle context");
  job->context = context;
  job->job.run = run_close;
  napi_value promise = begin(env, job, argument, 0, "tbsClose");
  if (promise != NULL) context->closed = true;
  return promise;
}

static napi_value tbs_cancel(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct context *context;
  if (!read_arguments(env, info, &argument, 1) || (context = context_of(env, argument)) == NULL) {
    return refuse(env, "expected a context");
  }
  return number_value(env, context->closed ? INVALID_CONTEXT : tbs.cancel(context->handle));
}

void register_tbs(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"tbsOpen", tbs_open},     {"tbsSubmit", tbs_submit}, {"tbsEventLog", tbs_event_log},
      {"tbsCancel", tbs_cancel}, {"tbsClose", tbs_close},   {"tbsOwnerAuthorisation", tbs_owner_authorisation},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
