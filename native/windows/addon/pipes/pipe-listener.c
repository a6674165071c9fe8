#include "pipe-listener.h"

#include <windows.h>
#include <sddl.h>
#include <stdlib.h>

#include "pipe.h"

/* How many clients can come at the same time before one is told to try again. */
#define WAITING 8
#define RETRY_MS 200
#define BUFFER_BYTES 65536
#define SECURITY_WORDS 1024
/* Connections that JavaScript has not seen yet. Further ones are closed, as a full backlog does it. */
#define MOST_UNSEEN 128

struct instance {
  HANDLE pipe;
  OVERLAPPED overlapped;
  /* It was there before it was waited for: `overlapped` has no result. */
  bool early;
};

struct listener {
  wchar_t name[PIPE_NAME_WORDS];
  PSECURITY_DESCRIPTOR security;
  HANDLE stop, thread;
  struct instance waiting[WAITING];
  napi_threadsafe_function callback;
  /* What JavaScript holds; NULL when it holds nothing any more. */
  struct listener **held;
  bool failing;
};

/* What the thread sends to JavaScript: a connection, or an error. */
struct arrival {
  HANDLE pipe;
  DWORD error;
};

static HANDLE make_pipe(const struct listener *listener, DWORD first) {
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, listener->security, FALSE};
  DWORD open = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first;
  DWORD mode = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
  return CreateNamedPipeW(listener->name, open, mode, PIPE_UNLIMITED_INSTANCES, BUFFER_BYTES, BUFFER_BYTES, 0, &attributes);
}

static void close_pipe(HANDLE *pipe) {
  if (*pipe != INVALID_HANDLE_VALUE) CloseHandle(*pipe);
  *pipe = INVALID_HANDLE_VALUE;
}

/* Makes `instance` wait for a client. Its event is set when there is one. Answers 0 or an error; then it has no pipe. */
static DWORD start_waiting(const struct listener *listener, struct instance *instance, DWORD first) {
  ResetEvent(instance->overlapped.hEvent);
  instance->early = false;
  instance->pipe = make_pipe(listener, first);
  if (instance->pipe == INVALID_HANDLE_VALUE) return GetLastError();
  if (ConnectNamedPipe(instance->pipe, &instance->overlapped)) return 0;
  DWORD error = GetLastError();
  if (error == ERROR_IO_PENDING) return 0;
  instance->early = error == ERROR_PIPE_CONNECTED;
  if (instance->early && SetEvent(instance->overlapped.hEvent)) return 0;
  close_pipe(&instance->pipe);
  return error;
}

static void send_arrival(struct listener *listener, HANDLE pipe, DWORD error) {
  struct arrival *arrival = malloc(sizeof *arrival);
  if (arrival != NULL) {
    arrival->pipe = pipe;
    arrival->error = error;
    if (napi_call_threadsafe_function(listener->callback, arrival, napi_tsfn_nonblocking) == napi_ok) return;
    free(arrival);
  }
  if (pipe != INVALID_HANDLE_VALUE) CloseHandle(pipe);
}

/* @return false when an instance is missing. */
static bool fill_up(struct listener *listener) {
  DWORD error = 0;
  for (int at = 0; at < WAITING; at++) {
    struct instance *instance = &listener->waiting[at];
    if (instance->pipe != INVALID_HANDLE_VALUE) continue;
    DWORD failed = start_waiting(listener, instance, 0);
    /* A client that came and went at once is no fault. */
    if (failed != 0 && failed != ERROR_NO_DATA) error = failed;
  }
  if (error != 0 && !listener->failing) send_arrival(listener, INVALID_HANDLE_VALUE, error);
  listener->failing = error != 0;
  for (int at = 0; at < WAITING; at++) {
    if (listener->waiting[at].pipe == INVALID_HANDLE_VALUE) return false;
  }
  return true;
}

static void take_client(struct listener *listener, struct instance *instance) {
  DWORD bytes;
  HANDLE pipe = instance->pipe;
  if (pipe == INVALID_HANDLE_VALUE) return;
  if (!instance->early && !GetOverlappedResult(pipe, &instance->overlapped, &bytes, FALSE)) {
    close_pipe(&instance->pipe);
    return;
  }
  instance->pipe = INVALID_HANDLE_VALUE;
  send_arrival(listener, pipe, 0);
}

static void stop_waiting(struct instance *instance) {
  DWORD bytes;
  if (instance->pipe == INVALID_HANDLE_VALUE) return;
  /* The system writes to `overlapped` until the call has ended. */
  if (CancelIoEx(instance->pipe, &instance->overlapped)) {
    GetOverlappedResult(instance->pipe, &instance->overlapped, &bytes, TRUE);
  }
  close_pipe(&instance->pipe);
}

static DWORD WINAPI wait_for_clients(void *argument) {
  struct listener *listener = argument;
  HANDLE events[WAITING + 1] = {listener->stop};
  for (int at = 0; at < WAITING; at++) events[at + 1] = listener->waiting[at].overlapped.hEvent;
  for (;;) {
    bool full = fill_up(listener);
    DWORD which = WaitForMultipleObjects(WAITING + 1, events, FALSE, full ? INFINITE : RETRY_MS);
    if (which == WAIT_FAILED) send_arrival(listener, INVALID_HANDLE_VALUE, GetLastError());
    if (which == WAIT_OBJECT_0 || which == WAIT_FAILED) break;
    if (which > WAIT_OBJECT_0 && which <= WAIT_OBJECT_0 + WAITING) {
      take_client(listener, &listener->waiting[which - WAIT_OBJECT_0 - 1]);
    }
  }
  for (int at = 0; at < WAITING; at++) stop_waiting(&listener->waiting[at]);
  return 0;
}

static void free_listener(struct listener *listener) {
  for (int at = 0; at < WAITING; at++) {
    stop_waiting(&listener->waiting[at]);
    if (listener->waiting[at].overlapped.hEvent != NULL) CloseHandle(listener->waiting[at].overlapped.hEvent);
  }
  if (listener->stop != NULL) CloseHandle(listener->stop);
  if (listener->security != NULL) LocalFree(listener->security);
  free(listener);
}

/* On the thread of JavaScript. `env` is NULL when nothing can be called any more. */
static void tell_arrival(napi_env env, napi_value callback, void *context, void *data) {
  struct arrival arrival = *(struct arrival *)data;
  free(data);
  (void)context;
  int descriptor = -1;
  if (env != NULL && arrival.pipe != INVALID_HANDLE_VALUE) {
    descriptor = uv_open_osfhandle(arrival.pipe);
    if (descriptor < 0) arrival.error = ERROR_TOO_MANY_OPEN_FILES;
  }
  if (descriptor < 0 && arrival.pipe != INVALID_HANDLE_VALUE) CloseHandle(arrival.pipe);
  if (env == NULL) return;
  napi_value undefined, arguments[2];
  double second = descriptor < 0 ? (double)arrival.error : (double)(intptr_t)arrival.pipe;
  if (napi_get_undefined(env, &undefined) == napi_ok && napi_create_int32(env, descriptor, &arguments[0]) == napi_ok &&
      napi_create_double(env, second, &arguments[1]) == napi_ok) {
    napi_call_function(env, undefined, callback, 2, arguments, NULL);
  }
}

/* The thread waits for nothing that could hang, so the name is free when this returns. */
static void end_thread(struct listener *listener) {
  if (listener->thread == NULL) return;
  SetEvent(listener->stop);
  WaitForSingleObject(listener->thread, INFINITE);
  CloseHandle(listener->thread);
  listener->thread = NULL;
}

/* After `stop_listener`, or when the process ends without it. */
static void end_listener(napi_env env, void *data, void *hint) {
  struct listener *listener = data;
  (void)env;
  (void)hint;
  end_thread(listener);
  if (listener->held != NULL) *listener->held = NULL;
  free_listener(listener);
}

static void stop_listener(struct listener *listener) {
  end_thread(listener);
  if (listener->held != NULL) *listener->held = NULL;
  listener->held = NULL;
  napi_release_threadsafe_function(listener->callback, napi_tsfn_abort);
}

static void collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct listener **held = data;
  if (*held != NULL) stop_listener(*held);
  free(held);
}

static napi_value close_listener(napi_env env, napi_callback_info info) {
  napi_value self;
  struct listener **held;
  if (napi_get_cb_info(env, info, NULL, NULL, &self, NULL) != napi_ok ||
      napi_unwrap(env, self, (void **)&held) != napi_ok) {
    return refuse(env, "expected a listener");
  }
  if (*held != NULL) stop_listener(*held);
  return NULL;
}

/* 0, or an error. The first instance claims the name, or fails when another program has it. */
static DWORD prepare_listener(struct listener *listener, const wchar_t *security) {
  for (int at = 0; at < WAITING; at++) listener->waiting[at].pipe = INVALID_HANDLE_VALUE;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(security, SDDL_REVISION_1, &listener->security, NULL)) {
    return GetLastError();
  }
  listener->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (listener->stop == NULL) return GetLastError();
  for (int at = 0; at < WAITING; at++) {
    listener->waiting[at].overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (listener->waiting[at].overlapped.hEvent == NULL) return GetLastError();
  }
  return start_waiting(listener, &listener->waiting[0], FILE_FLAG_FIRST_PIPE_INSTANCE);
}

static bool start_listener(napi_env env, struct listener *listener, napi_value callback) {
  napi_value name;
  if (napi_create_string_utf8(env, "pipe", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, callback, NULL, name, MOST_UNSEEN, 1, listener, end_listener, NULL, tell_arrival,
                                      &listener->callback) != napi_ok) {
    free_listener(listener);
    return false;
  }
  listener->thread = CreateThread(NULL, 0, wait_for_clients, listener, 0, NULL);
  if (listener->thread != NULL) return true;
  napi_release_threadsafe_function(listener->callback, napi_tsfn_abort);
  return false;
}

napi_value pipe_listen(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result, close;
  napi_valuetype type;
  wchar_t security[SECURITY_WORDS];
  struct listener *listener = calloc(1, sizeof *listener);
  struct listener **held = malloc(sizeof *held);
  if (listener == NULL || held == NULL || !read_arguments(env, info, arguments, 3) ||
      !read_wide(env, arguments[0], listener->name, PIPE_NAME_WORDS) ||
      !read_wide(env, arguments[1], security, SECURITY_WORDS) ||
      napi_typeof(env, arguments[2], &type) != napi_ok || type != napi_function) {
    free(listener);
    free(held);
    return refuse(env, "expected a name, a security descriptor and a function");
  }
  DWORD error = prepare_listener(listener, security);
  if (error != 0) {
    free_listener(listener);
    free(held);
    return napi_create_double(env, error, &result) == napi_ok ? result : NULL;
  }
  if (!start_listener(env, listener, arguments[2])) {
    free(held);
    return throw_windows_error(env, "CreateThread", GetLastError());
  }
  *held = listener;
  listener->held = held;
  if (napi_create_object(env, &result) != napi_ok || napi_wrap(env, result, held, collected, NULL, NULL) != napi_ok) {
    stop_listener(listener);
    free(held);
    return NULL;
  }
  return napi_create_function(env, "close", NAPI_AUTO_LENGTH, close_listener, NULL, &close) == napi_ok &&
                 napi_set_named_property(env, result, "close", close) == napi_ok
             ? result
             : NULL;
}
