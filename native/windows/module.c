/* The addon on Windows. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>

#include "processes.h"

static napi_value refuse(napi_env env, const char *expected) {
  napi_throw_type_error(env, NULL, expected);
  return NULL;
}

static int read_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, (void **)bytes, NULL, NULL) == napi_ok &&
         type == napi_uint8_array && *length <= UINT32_MAX;
}

static int read_numbers(napi_env env, napi_value value, double **numbers, size_t least) {
  napi_typedarray_type type;
  size_t length;
  return napi_get_typedarray_info(env, value, &type, &length, (void **)numbers, NULL, NULL) == napi_ok &&
         type == napi_float64_array && length >= least;
}

/* listProcesses(bytes) -> bytes that it takes; 0 when the system does not tell. */
static napi_value list_processes(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value argument, result;
  uint8_t *bytes;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      !read_bytes(env, argument, &bytes, &length)) {
    return refuse(env, "expected bytes");
  }
  return napi_create_uint32(env, list_all_processes(bytes, (uint32_t)length), &result) == napi_ok ? result : NULL;
}

/* readProcess(pid, numbers, text, environment) -> boolean: see processes.h. */
static napi_value read_process(napi_env env, napi_callback_info info) {
  size_t count = 4, length;
  napi_value arguments[4], result;
  bool environment;
  uint32_t pid;
  double *numbers;
  uint8_t *text;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 4 ||
      napi_get_value_bool(env, arguments[3], &environment) != napi_ok ||
      napi_get_value_uint32(env, arguments[0], &pid) != napi_ok ||
      !read_numbers(env, arguments[1], &numbers, PROCESS_NUMBERS) || !read_bytes(env, arguments[2], &text, &length)) {
    return refuse(env, "expected a process id, 6 numbers, text and a boolean");
  }
  int found = read_one_process(pid, numbers, text, (uint32_t)length, environment);
  return napi_get_boolean(env, found, &result) == napi_ok ? result : NULL;
}

/* bootTime(numbers) -> boolean. */
static napi_value boot_time(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result;
  double *numbers;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      !read_numbers(env, argument, &numbers, 2)) {
    return refuse(env, "expected 2 numbers");
  }
  return napi_get_boolean(env, read_boot_time(numbers), &result) == napi_ok ? result : NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"listProcesses", NULL, list_processes, NULL, NULL, NULL, napi_enumerable, NULL},
      {"readProcess", NULL, read_process, NULL, NULL, NULL, napi_enumerable, NULL},
      {"bootTime", NULL, boot_time, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
