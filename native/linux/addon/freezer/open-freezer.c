/* What JavaScript has of the freezer. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cgroups.h"
#include "freezer-thread.h"
#include "../surety-native.h"

/* Each target and each row has pid, start, agent and status. */
#define ROW 4

static void on_done(uv_async_t *done) {
  struct freezer *freezer = done->data;
  napi_env env = freezer->env;
  napi_handle_scope scope;
  napi_value callback, global, rows, arguments[4];
  double *to;
  size_t room;
  if (!freezer->busy || napi_open_handle_scope(env, &scope) != napi_ok) return;
  const struct freeze_job *job = &freezer->job;
  freezer->busy = false;
  napi_ref callback_reference = freezer->callback, rows_reference = freezer->rows;
  freezer->callback = freezer->rows = NULL;
  if (napi_get_reference_value(env, callback_reference, &callback) == napi_ok &&
      napi_get_reference_value(env, rows_reference, &rows) == napi_ok &&
      napi_get_typedarray_info(env, rows, NULL, &room, (void **)&to, NULL, NULL) == napi_ok &&
      napi_get_global(env, &global) == napi_ok) {
    size_t count = job->count < room / ROW ? job->count : room / ROW;
    for (size_t i = 0; i < count; i++) {
      to[i * ROW] = job->rows[i].pid;
      to[i * ROW + 1] = (double)job->rows[i].start;
      to[i * ROW + 2] = job->rows[i].agent;
      to[i * ROW + 3] = job->rows[i].status;
    }
    if (napi_create_uint32(env, (uint32_t)count, &arguments[0]) == napi_ok &&
        napi_create_uint32(env, job->flags, &arguments[1]) == napi_ok &&
        napi_create_int64(env, job->confirmed_us, &arguments[2]) == napi_ok &&
        napi_create_int64(env, job->paused_us, &arguments[3]) == napi_ok)
      napi_make_callback(env, freezer->context, global, callback, 4, arguments, NULL);
  }
  napi_delete_reference(env, callback_reference);
  napi_delete_reference(env, rows_reference);
  napi_close_handle_scope(env, scope);
}

static void on_closed(uv_handle_t *handle) { free(handle->data); }

static void close_freezer(struct freezer *freezer) {
  freezer_stop(freezer);
  if (freezer->callback != NULL) napi_delete_reference(freezer->env, freezer->callback);
  if (freezer->rows != NULL) napi_delete_reference(freezer->env, freezer->rows);
  freezer->busy = false;
  napi_async_destroy(freezer->env, freezer->context);
  lineage_close(&freezer->lineage);
  close(freezer->wake);
  if (freezer->cgroup2 >= 0) close(freezer->cgroup2);
  if (freezer->cgroup1 >= 0) close(freezer->cgroup1);
  pthread_mutex_destroy(&freezer->lock);
  uv_close((uv_handle_t *)&freezer->done, on_closed);
}

static struct freezer *freezer_of(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments) {
  napi_value object;
  void *held;
  if (napi_get_cb_info(env, info, count, arguments, &object, NULL) == napi_ok &&
      napi_unwrap(env, object, &held) == napi_ok && *(struct freezer **)held != NULL)
    return *(struct freezer **)held;
  napi_throw_error(env, "closed", "the freezer is closed");
  return NULL;
}

static napi_value close_it(napi_env env, napi_callback_info info) {
  napi_value object;
  void *held;
  if (napi_get_cb_info(env, info, NULL, NULL, &object, NULL) != napi_ok || napi_unwrap(env, object, &held) != napi_ok)
    return NULL;
  struct freezer **holder = held;
  if (*holder != NULL) close_freezer(*holder);
  *holder = NULL;
  return NULL;
}

static int read_array(napi_env env, napi_value given, napi_typedarray_type wanted, size_t *length, void **data) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, given, &type, length, data, NULL, NULL) == napi_ok && type == wanted;
}

static napi_value own(napi_env env, napi_callback_info info) {
  size_t count = 2, pids_length, owners_length;
  napi_value arguments[2];
  int32_t *pids;
  uint32_t *owners;
  struct freezer *freezer = freezer_of(env, info, &count, arguments);
  if (freezer == NULL) return NULL;
  if (count < 2 || !read_array(env, arguments[0], napi_int32_array, &pids_length, (void **)&pids) ||
      !read_array(env, arguments[1], napi_uint32_array, &owners_length, (void **)&owners) ||
      pids_length != owners_length) {
    napi_throw_type_error(env, NULL, "expected process ids and as many owners");
    return NULL;
  }
  lineage_own(&freezer->lineage, pids, owners, pids_length);
  return NULL;
}

static napi_value warm(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct freezer *freezer = freezer_of(env, info, &count, NULL);
  if (freezer != NULL && freezer->cgroup2 >= 0) freezer_command(freezer, COMMAND_WARM);
  return NULL;
}

static napi_value urgent(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value arguments[1];
  bool on;
  struct freezer *freezer = freezer_of(env, info, &count, arguments);
  if (freezer == NULL) return NULL;
  if (count < 1 || napi_get_value_bool(env, arguments[0], &on) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected a boolean");
    return NULL;
  }
  freezer_hurry(freezer, on);
  return NULL;
}

static napi_value thaw_units(napi_env env, napi_callback_info info) {
  size_t count = 1, bytes;
  napi_value arguments[1];
  char base[BASE_MOST];
  struct freezer *freezer = freezer_of(env, info, &count, arguments);
  if (freezer == NULL) return NULL;
  if (count < 1 || napi_get_value_string_utf8(env, arguments[0], base, sizeof base, &bytes) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected the folder of the quarantine");
    return NULL;
  }
  if (freezer->cgroup2 >= 0) freeze_thaw_units(freezer->cgroup2, base);
  return NULL;
}

/* freeze(base, ids, owners, targets, rows, callback); see surety-native.h. */
static int read_job(napi_env env, const napi_value arguments[6], struct freezer *freezer) {
  struct freeze_job *job = &freezer->job;
  char ids[FREEZE_AGENTS * (FREEZE_ID - 1) + 1];
  size_t base_bytes, ids_bytes, owners_length, targets_length, rows_length;
  uint32_t *owners;
  double *targets, *rows;
  if (napi_get_value_string_utf8(env, arguments[0], freezer->base, BASE_MOST, &base_bytes) != napi_ok ||
      napi_get_value_string_latin1(env, arguments[1], ids, sizeof ids, &ids_bytes) != napi_ok ||
      !read_array(env, arguments[2], napi_uint32_array, &owners_length, (void **)&owners) ||
      !read_array(env, arguments[3], napi_float64_array, &targets_length, (void **)&targets) ||
      !read_array(env, arguments[4], napi_float64_array, &rows_length, (void **)&rows) || owners_length == 0 ||
      owners_length > FREEZE_AGENTS || ids_bytes != owners_length * (FREEZE_ID - 1) ||
      targets_length / ROW > FREEZE_ROWS || base_bytes == 0)
    return 0;
  memset(job, 0, offsetof(struct freeze_job, rows));
  job->cgroup2 = freezer->cgroup2;
  job->cgroup1 = freezer->cgroup1;
  job->base = freezer->base;
  job->lineage = &freezer->lineage;
  job->agents = owners_length;
  for (size_t i = 0; i < job->agents; i++) {
    memcpy(job->ids[i], ids + i * (FREEZE_ID - 1), FREEZE_ID - 1);
    job->owners[i] = owners[i];
  }
  for (size_t i = 0; i + ROW <= targets_length; i += ROW) {
    if (!(targets[i] >= 1 && targets[i] < LINEAGE_PIDS) || !(targets[i + 2] >= 0 && targets[i + 2] < (double)job->agents))
      continue;
    job->rows[job->count++] = (struct freeze_row){
        .pid = (int)targets[i], .start = (unsigned long long)targets[i + 1], .agent = (int)targets[i + 2]};
  }
  return 1;
}

static napi_value freeze(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  napi_valuetype type;
  struct freezer *freezer = freezer_of(env, info, &count, arguments);
  if (freezer == NULL) return NULL;
  if (freezer->busy) {
    napi_throw_error(env, "busy", "the freezer is at work");
    return NULL;
  }
  if (count < 6 || napi_typeof(env, arguments[5], &type) != napi_ok || type != napi_function ||
      !read_job(env, arguments, freezer) ||
      napi_create_reference(env, arguments[4], 1, &freezer->rows) != napi_ok ||
      napi_create_reference(env, arguments[5], 1, &freezer->callback) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected a folder, ids, owners, targets, room for rows and a callback");
    return NULL;
  }
  freezer->busy = true;
  freezer_command(freezer, COMMAND_FREEZE);
  return NULL;
}

static void on_environment_end(void *data) {
  struct freezer **held = data;
  if (*held != NULL) close_freezer(*held);
  *held = NULL;
}

static void free_holder(napi_env env, void *data, void *hint) {
  (void)hint;
  on_environment_end(data);
  napi_remove_env_cleanup_hook(env, on_environment_end, data);
  free(data);
}

static int set_number(napi_env env, napi_value object, const char *name, int value) {
  napi_value number;
  return napi_create_int32(env, value, &number) == napi_ok &&
         napi_set_named_property(env, object, name, number) == napi_ok;
}

static napi_value wrap(napi_env env, struct freezer *freezer, int forks_told) {
  const napi_property_descriptor functions[] = {
      {"own", NULL, own, NULL, NULL, NULL, napi_enumerable, NULL},
      {"warm", NULL, warm, NULL, NULL, NULL, napi_enumerable, NULL},
      {"urgent", NULL, urgent, NULL, NULL, NULL, napi_enumerable, NULL},
      {"thawUnits", NULL, thaw_units, NULL, NULL, NULL, napi_enumerable, NULL},
      {"freeze", NULL, freeze, NULL, NULL, NULL, napi_enumerable, NULL},
      {"close", NULL, close_it, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_value object, name, told;
  struct freezer **holder = malloc(sizeof *holder);
  if (holder == NULL) return NULL;
  *holder = freezer;
  if (napi_create_object(env, &object) == napi_ok &&
      napi_define_properties(env, object, sizeof functions / sizeof *functions, functions) == napi_ok &&
      set_number(env, object, "cgroup2", freezer->cgroup2) && set_number(env, object, "cgroup1", freezer->cgroup1) &&
      napi_get_boolean(env, forks_told, &told) == napi_ok &&
      napi_set_named_property(env, object, "forksTold", told) == napi_ok &&
      napi_create_string_utf8(env, "freezer", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_async_init(env, NULL, name, &freezer->context) == napi_ok &&
      napi_wrap(env, object, holder, free_holder, NULL, NULL) == napi_ok &&
      napi_add_env_cleanup_hook(env, on_environment_end, holder) == napi_ok)
    return object;
  return NULL;
}

static int open_mount(napi_env env, napi_value given) {
  char path[CGROUP_PATH_MOST];
  size_t bytes;
  if (napi_get_value_string_utf8(env, given, path, sizeof path, &bytes) != napi_ok || bytes == 0) return -1;
  return cgroup_open_root(path);
}

napi_value open_freezer(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  uint32_t wanted;
  uv_loop_t *loop;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 3 ||
      napi_get_value_uint32(env, arguments[0], &wanted) != napi_ok || napi_get_uv_event_loop(env, &loop) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected the events wanted and two mount points");
    return NULL;
  }
  struct freezer *freezer = calloc(1, sizeof *freezer);
  int told = freezer == NULL ? -2 : lineage_open(&freezer->lineage, wanted);
  if (told == -2) {
    free(freezer);
    errno = ENOMEM;
    return throw_errno(env, "mmap");
  }
  freezer->env = env;
  freezer->cgroup2 = open_mount(env, arguments[1]);
  freezer->cgroup1 = open_mount(env, arguments[2]);
  freezer->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&freezer->lock, NULL);
  freezer->done.data = freezer;
  napi_value object = NULL;
  if (freezer->wake >= 0 && uv_async_init(loop, &freezer->done, on_done) == 0) {
    /* A job keeps the program alive by what waits for it. */
    uv_unref((uv_handle_t *)&freezer->done);
    if (freezer_start(freezer) == 0) object = wrap(env, freezer, told == 0);
  }
  /* A start that fails half way leaves a little memory, once, in a program that is out of it. */
  if (object == NULL) napi_throw_error(env, "freezer", "the freezer could not be started");
  return object;
}
