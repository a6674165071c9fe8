/* Files of others for JavaScript. Each call answers below zero with an error code of Windows. */
#include "file-calls.h"

#include "files.h"

/* A name, or `\??\C:\`. */
#define NAME_WORDS 512

static napi_value number_value(napi_env env, double number) {
  napi_value value;
  return napi_create_double(env, number, &value) == napi_ok ? value : NULL;
}

static bool read_number(napi_env env, napi_value value, double *number) {
  return napi_get_value_double(env, value, number) == napi_ok && *number >= 0 && *number <= 9007199254740991.0;
}

static size_t wide_length(const wchar_t *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}

/* fileOpen(folder, name, mode, numbers) -> handle: see files.h. */
static napi_value open_call(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  double folder, mode, *numbers;
  wchar_t name[NAME_WORDS];
  if (!read_arguments(env, info, arguments, 4) || !read_number(env, arguments[0], &folder) ||
      !read_wide(env, arguments[1], name, NAME_WORDS) || !read_number(env, arguments[2], &mode) ||
      !read_numbers(env, arguments[3], &numbers, FILE_NUMBERS)) {
    return refuse(env, "expected a folder, a name, a mode and 6 numbers");
  }
  uint32_t length = (uint32_t)wide_length(name);
  return number_value(env, file_open(folder, (const uint16_t *)name, length, (uint32_t)mode, numbers));
}

/* fileRead(handle, offset, bytes) -> bytes read. */
static napi_value read_call(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  double handle, offset;
  uint8_t *bytes;
  size_t length;
  if (!read_arguments(env, info, arguments, 3) || !read_number(env, arguments[0], &handle) ||
      !read_number(env, arguments[1], &offset) || !read_bytes(env, arguments[2], &bytes, &length)) {
    return refuse(env, "expected a handle, an offset and bytes");
  }
  return number_value(env, file_read(handle, offset, bytes, (uint32_t)length));
}

/* fileList(handle, restart, bytes) -> bytes filled. */
static napi_value list_call(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  double handle;
  bool restart;
  uint8_t *bytes;
  size_t length;
  if (!read_arguments(env, info, arguments, 3) || !read_number(env, arguments[0], &handle) ||
      napi_get_value_bool(env, arguments[1], &restart) != napi_ok ||
      !read_bytes(env, arguments[2], &bytes, &length)) {
    return refuse(env, "expected a handle, a boolean and bytes");
  }
  return number_value(env, file_list(handle, restart, bytes, (uint32_t)length));
}

/* fileSecurity(handle, bytes) -> bytes filled. */
static napi_value security_call(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  double handle;
  uint8_t *bytes;
  size_t length;
  if (!read_arguments(env, info, arguments, 2) || !read_number(env, arguments[0], &handle) ||
      !read_bytes(env, arguments[1], &bytes, &length)) {
    return refuse(env, "expected a handle and bytes");
  }
  return number_value(env, file_security(handle, bytes, (uint32_t)length));
}

/* filePath(handle) -> path, or an error code below zero. */
static napi_value path_call(napi_env env, napi_callback_info info) {
  static uint16_t text[MAX_PATH_WORDS];
  napi_value argument;
  double handle;
  if (!read_arguments(env, info, &argument, 1) || !read_number(env, argument, &handle)) {
    return refuse(env, "expected a handle");
  }
  double length = file_path(handle, text, MAX_PATH_WORDS);
  return length < 0 ? number_value(env, length) : wide_value(env, (const wchar_t *)text, (size_t)length);
}

/* fileClose(handle). */
static napi_value close_call(napi_env env, napi_callback_info info) {
  napi_value argument;
  double handle;
  if (!read_arguments(env, info, &argument, 1) || !read_number(env, argument, &handle)) {
    return refuse(env, "expected a handle");
  }
  file_close(handle);
  return NULL;
}

void register_file_calls(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"fileOpen", open_call},         {"fileRead", read_call}, {"fileList", list_call},
      {"fileSecurity", security_call}, {"filePath", path_call}, {"fileClose", close_call},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
