/* What JavaScript has of a watch of processes: its start, its end, and the records that its thread tells. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "process-watch.h"
#include "../surety-native.h"

static void on_late(uv_poll_t *late, int status, int events) {
  struct watch *watch = late->data;
  uint64_t times;
  (void)status;
  (void)events;
  if (read(watch->timeout, &times, sizeof times) > 0) watch_thread_timed_out(watch);
}

static void call_back(struct watch *watch, size_t bytes, int lost) {
  napi_handle_scope scope;
  napi_value callback, global, arguments[2];
  if (napi_open_handle_scope(watch->env, &scope) != napi_ok) return;
  if (napi_get_reference_value(watch->env, watch->callback, &callback) == napi_ok &&
      napi_get_global(watch->env, &global) == napi_ok &&
      napi_create_uint32(watch->env, (uint32_t)bytes, &arguments[0]) == napi_ok &&
      napi_create_int32(watch->env, lost, &arguments[1]) == napi_ok) {
    napi_make_callback(watch->env, watch->context, global, callback, 2, arguments, NULL);
  }
  napi_close_handle_scope(watch->env, scope);
}

static void forget_handed(struct watch *watch) {
  free(watch->handed.bytes);
  watch->handed = (struct process_records){0};
  watch->handed_at = 0;
}

static void tell_handed(struct watch *watch) {
  struct process_records *handed = &watch->handed;
  while (watch->callback != NULL && (watch->handed_at < handed->used || watch->handed_lost != 0)) {
    const unsigned char *from = handed->bytes + watch->handed_at;
    const size_t bytes = records_that_fit(from, handed->used - watch->handed_at, watch->bytes_room);
    const int lost = watch->handed_lost;
    if (bytes > 0) memcpy(watch->bytes, from, bytes);
    /* What is longer than the buffer no reading makes: it would be told as lost. */
    watch->handed_at += bytes > 0 ? bytes : handed->used - watch->handed_at;
    watch->handed_lost = 0;
    call_back(watch, bytes, bytes > 0 ? lost : lost | LOST_BUSY);
  }
  forget_handed(watch);
}

/* Whoever is called may take more before all is told: then the rest of it comes first. */
static void hand_over(struct watch *watch) {
  tell_handed(watch);
  if (watch->callback == NULL) return; /* it was closed by whoever was called */
  pthread_mutex_lock(&watch->lock);
  watch->handed = watch->records;
  watch->handed_lost = watch->lost;
  watch->records = (struct process_records){0};
  watch->lost = 0;
  watch->pending = NOTHING;
  watch->programs = 0;
  pthread_mutex_unlock(&watch->lock);
  tell_handed(watch);
}

/* It may have been taken since. */
static void on_told(uv_async_t *told) {
  struct watch *watch = told->data;
  pthread_mutex_lock(&watch->lock);
  const int asked = watch->pending == ASKED;
  pthread_mutex_unlock(&watch->lock);
  if (asked) hand_over(watch);
}

static void on_closed(uv_handle_t *handle) { watch_release(handle->data); }

static void close_watch(struct watch *watch) {
  watch_thread_stop(watch);
  connector_close(watch->connector);
  if (watch->files != NULL) exec_files_close(watch->files);
  free(watch->records.bytes);
  forget_handed(watch);
  napi_delete_reference(watch->env, watch->callback);
  napi_delete_reference(watch->env, watch->buffer);
  watch->callback = NULL;
  napi_async_destroy(watch->env, watch->context);
  uv_poll_stop(&watch->late);
  close(watch->stop);
  close(watch->timeout);
  uv_close((uv_handle_t *)&watch->late, on_closed);
  uv_close((uv_handle_t *)&watch->told, on_closed);
}

/* Of the object that a function is called on; NULL where that is another one. */
static struct watch **holder_of(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments) {
  napi_value object;
  void *held;
  if (napi_get_cb_info(env, info, count, arguments, &object, NULL) == napi_ok &&
      napi_unwrap(env, object, &held) == napi_ok)
    return held;
  napi_throw_type_error(env, NULL, "expected a watch of processes");
  return NULL;
}

static napi_value close_process_events(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct watch **held = holder_of(env, info, &count, NULL);
  if (held == NULL) return NULL;
  if (*held != NULL) close_watch(*held);
  *held = NULL;
  return NULL;
}

/* What waits is handed over at once. */
static napi_value take_process_events(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct watch **held = holder_of(env, info, &count, NULL);
  if (held != NULL && *held != NULL) hand_over(*held);
  return NULL;
}

static napi_value watch_one_process(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  uint32_t pid;
  bool forks;
  struct watch **held = holder_of(env, info, &count, arguments);
  if (held == NULL) return NULL;
  if (count < 2 || napi_get_value_uint32(env, arguments[0], &pid) != napi_ok ||
      napi_get_value_bool(env, arguments[1], &forks) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected a process id, and whether its forks matter");
    return NULL;
  }
  if (*held != NULL) pending_watch(*held, pid, forks ? WATCH_END | WATCH_FORKS : WATCH_END);
  return NULL;
}

/* Texts that end in NUL, with the empty one that ends them; NULL where it is no text. */
static char *read_texts(napi_env env, napi_value given) {
  size_t bytes;
  if (napi_get_value_string_utf8(env, given, NULL, 0, &bytes) != napi_ok) return NULL;
  char *texts = calloc(1, bytes + 2);
  if (texts != NULL && napi_get_value_string_utf8(env, given, texts, bytes + 1, &bytes) == napi_ok)
    return texts;
  free(texts);
  return NULL;
}

static napi_value set_process_filter(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  struct watch **held = holder_of(env, info, &count, arguments);
  if (held == NULL) return NULL;
  struct program_filter filter = {0};
  if (count == 3) {
    filter.names = read_texts(env, arguments[0]);
    filter.parts = read_texts(env, arguments[1]);
    filter.arguments = read_texts(env, arguments[2]);
  }
  const int whole = filter.names != NULL && filter.parts != NULL && filter.arguments != NULL;
  if (!whole) napi_throw_type_error(env, NULL, "expected names, parts of paths and beginnings of arguments");
  if (!whole || *held == NULL) program_filter_free(&filter);
  else pending_set_filter(*held, filter);
  return NULL;
}

static void on_environment_end(void *data) {
  struct watch **held = data;
  if (*held != NULL) close_watch(*held);
  *held = NULL;
}

static void free_holder(napi_env env, void *data, void *hint) {
  (void)hint;
  napi_remove_env_cleanup_hook(env, on_environment_end, data);
  free(data);
}

/* They tell of others, and are no reason for this program to continue. */
static int start_handles(napi_env env, struct watch *watch) {
  uv_loop_t *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return 0;
  watch->told.data = watch->late.data = watch;
  if (uv_async_init(loop, &watch->told, on_told) != 0) return 0;
  if (uv_poll_init(loop, &watch->late, watch->timeout) != 0) return 0;
  uv_unref((uv_handle_t *)&watch->told);
  uv_unref((uv_handle_t *)&watch->late);
  watch->holders = 2;
  return uv_poll_start(&watch->late, UV_READABLE, on_late) == 0;
}

static int start(napi_env env, struct watch *watch, napi_value buffer, napi_value callback) {
  napi_value resource_name;
  watch->env = env;
  return napi_create_string_utf8(env, "process-events", NAPI_AUTO_LENGTH, &resource_name) == napi_ok &&
         napi_async_init(env, NULL, resource_name, &watch->context) == napi_ok &&
         napi_create_reference(env, callback, 1, &watch->callback) == napi_ok &&
         napi_create_reference(env, buffer, 1, &watch->buffer) == napi_ok && start_handles(env, watch) &&
         watch_thread_start(watch) == 0;
}

struct options {
  uint32_t wanted;
  int32_t receive_bytes;
  bool files;
};

static int read_options(napi_env env, const napi_value arguments[6], struct watch *watch, struct options *to) {
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, arguments[0], &type, &watch->bytes_room, (void **)&watch->bytes, NULL, NULL) !=
          napi_ok ||
      type != napi_uint8_array || napi_get_value_uint32(env, arguments[1], &to->wanted) != napi_ok ||
      napi_get_value_int32(env, arguments[2], &to->receive_bytes) != napi_ok ||
      napi_get_value_bool(env, arguments[4], &to->files) != napi_ok)
    return 0;
  watch->variables = read_texts(env, arguments[3]);
  return watch->variables != NULL;
}

static int add_function(napi_env env, napi_value object, const char *name, napi_callback call) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, call, NULL, &function) == napi_ok &&
         napi_set_named_property(env, object, name, function) == napi_ok;
}

static napi_value answer(napi_env env, struct watch **holder, int files_error) {
  napi_value object, fault;
  if (napi_create_object(env, &object) != napi_ok || !add_function(env, object, "close", close_process_events) ||
      !add_function(env, object, "take", take_process_events) || !add_function(env, object, "watchProcess", watch_one_process) ||
      !add_function(env, object, "setFilter", set_process_filter) ||
      napi_wrap(env, object, holder, free_holder, NULL, NULL) != napi_ok ||
      napi_add_env_cleanup_hook(env, on_environment_end, holder) != napi_ok)
    return NULL;
  if (files_error == 0) return object;
  if (napi_create_string_utf8(env, strerror(files_error), NAPI_AUTO_LENGTH, &fault) != napi_ok ||
      napi_set_named_property(env, object, "filesFault", fault) != napi_ok)
    return NULL;
  return object;
}

/* What did not come to run holds nothing but memory and descriptors. */
static void undo(struct watch *watch) {
  if (watch->connector >= 0) connector_close(watch->connector);
  if (watch->files != NULL) exec_files_close(watch->files);
  if (watch->stop >= 0) close(watch->stop);
  if (watch->timeout >= 0) close(watch->timeout);
  if (watch->watched != MAP_FAILED) munmap(watch->watched, WATCHED_BYTES);
  free(watch->variables);
  free(watch);
}

napi_value watch_processes(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  struct options options;
  struct watch *watch = calloc(1, sizeof *watch);
  struct watch **holder = malloc(sizeof *holder);
  if (watch == NULL || holder == NULL || napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      count < 6 || !read_options(env, arguments, watch, &options)) {
    free(watch);
    free(holder);
    napi_throw_type_error(env, NULL, "expected room to fill, the kinds wanted, bytes to hold, names, a boolean and a callback");
    return NULL;
  }
  *holder = watch;
  pthread_mutex_init(&watch->lock, NULL);
  watch->connector = connector_open(options.wanted, options.receive_bytes);
  watch->stop = watch->connector < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  watch->timeout = watch->stop < 0 ? -1 : timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  watch->watched = watch->timeout < 0 ? MAP_FAILED
                                      : mmap(NULL, WATCHED_BYTES, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (watch->watched == MAP_FAILED) {
    int error = errno;
    undo(watch);
    free(holder);
    errno = error;
    return throw_errno(env, "netlink");
  }
  watch->files = options.files ? exec_files_open() : NULL;
  int files_error = options.files && watch->files == NULL ? errno : 0;
  if (!start(env, watch, arguments[0], arguments[5])) {
    /* A start that fails half way leaves a little memory, once, in a program that is out of it. */
    free(holder);
    napi_throw_error(env, "netlink", "the watch could not be started");
    return NULL;
  }
  return answer(env, holder, files_error);
}
