/* The list of processes for JavaScript. */
#include "process-list.h"

#include <windows.h>

#include "processes.h"

/* listProcesses(bytes) -> bytes that it takes; 0 when the system does not tell. */
static napi_value list_processes(napi_env env, napi_callback_info info) {
  size_t length;
  napi_value argument, result;
  uint8_t *bytes;
  if (!read_arguments(env, info, &argument, 1) || !read_bytes(env, argument, &bytes, &length)) {
    return refuse(env, "expected bytes");
  }
  return napi_create_uint32(env, list_all_processes(bytes, (uint32_t)length), &result) == napi_ok ? result : NULL;
}

/* readProcess(pid, numbers, text, environment) -> boolean: see processes.h. */
static napi_value read_process(napi_env env, napi_callback_info info) {
  size_t length;
  napi_value arguments[4], result;
  bool environment;
  uint32_t pid;
  double *numbers;
  uint8_t *text;
  if (!read_arguments(env, info, arguments, 4) || napi_get_value_bool(env, arguments[3], &environment) != napi_ok ||
      napi_get_value_uint32(env, arguments[0], &pid) != napi_ok ||
      !read_numbers(env, arguments[1], &numbers, PROCESS_NUMBERS) || !read_bytes(env, arguments[2], &text, &length)) {
    return refuse(env, "expected a process id, 8 numbers, text and a boolean");
  }
  int found = read_one_process(pid, numbers, text, (uint32_t)length, environment);
  return napi_get_boolean(env, found, &result) == napi_ok ? result : NULL;
}

/* bootTime(numbers) -> boolean. */
static napi_value boot_time(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  double *numbers;
  if (!read_arguments(env, info, &argument, 1) || !read_numbers(env, argument, &numbers, 2)) {
    return refuse(env, "expected 2 numbers");
  }
  return napi_get_boolean(env, read_boot_time(numbers), &result) == napi_ok ? result : NULL;
}

/* systemFolder() -> string | undefined. */
static napi_value system_folder(napi_env env, napi_callback_info info) {
  (void)info;
  wchar_t folder[MAX_PATH];
  UINT length = GetSystemWindowsDirectoryW(folder, MAX_PATH);
  return length == 0 || length >= MAX_PATH ? NULL : wide_value(env, folder, length);
}

void register_process_list(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"listProcesses", list_processes},
      {"readProcess", read_process},
      {"bootTime", boot_time},
      {"systemFolder", system_folder},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
