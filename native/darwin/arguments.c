#include "arguments.h"

#include "system.h"

#define MOST_ARGUMENTS 6

void define_functions(napi_env env, napi_value exports, const struct function *functions, size_t count) {
  for (size_t at = 0; at < count; at++) {
    napi_property_descriptor property = {functions[at].name, NULL, functions[at].call, NULL, NULL, NULL,
                                         napi_enumerable,    NULL};
    if (napi_define_properties(env, exports, 1, &property) != napi_ok) return;
  }
}

static bool read_arguments(napi_env env, napi_callback_info info, napi_value *arguments, size_t count) {
  size_t given = MOST_ARGUMENTS;
  return napi_get_cb_info(env, info, &given, arguments, NULL, NULL) == napi_ok && given >= count;
}

static bool read_bytes(napi_env env, napi_value value, uint8_t **bytes, int *length) {
  napi_typedarray_type type;
  size_t size;
  if (napi_get_typedarray_info(env, value, &type, &size, (void **)bytes, NULL, NULL) != napi_ok) return false;
  if (type != napi_uint8_array || size > INT32_MAX) return false;
  *length = (int)size;
  return true;
}

static bool refuse(napi_env env, const char *expected) {
  napi_throw_type_error(env, NULL, expected);
  return false;
}

bool read_call(napi_env env, napi_callback_info info, int32_t *numbers, size_t count, uint8_t **bytes, int *length) {
  napi_value arguments[MOST_ARGUMENTS];
  bool valid = count < MOST_ARGUMENTS && read_arguments(env, info, arguments, count + 1);
  for (size_t at = 0; valid && at < count; at++) {
    valid = napi_get_value_int32(env, arguments[at], &numbers[at]) == napi_ok;
  }
  if (valid && read_bytes(env, arguments[count], bytes, length)) return true;
  return refuse(env, "expected numbers and bytes");
}

bool read_numbers(napi_env env, napi_callback_info info, int32_t *numbers, size_t count) {
  napi_value arguments[MOST_ARGUMENTS];
  bool valid = count <= MOST_ARGUMENTS && read_arguments(env, info, arguments, count);
  for (size_t at = 0; valid && at < count; at++) {
    valid = napi_get_value_int32(env, arguments[at], &numbers[at]) == napi_ok;
  }
  return valid || refuse(env, "expected numbers");
}

bool read_text(napi_env env, napi_callback_info info, char *text, size_t bytes, uint8_t **buffer, int *length) {
  napi_value arguments[MOST_ARGUMENTS];
  size_t whole, copied;
  bool valid = read_arguments(env, info, arguments, buffer == NULL ? 1 : 2) &&
               napi_get_value_string_utf8(env, arguments[0], NULL, 0, &whole) == napi_ok && whole < bytes &&
               napi_get_value_string_utf8(env, arguments[0], text, bytes, &copied) == napi_ok &&
               /* The system would see the part before a NUL alone. */
               strnlen(text, bytes) == copied && (buffer == NULL || read_bytes(env, arguments[1], buffer, length));
  return valid || refuse(env, buffer == NULL ? "expected text" : "expected text and bytes");
}

napi_value number_value(napi_env env, int32_t value) {
  napi_value result;
  return napi_create_int32(env, value, &result) == napi_ok ? result : NULL;
}

void *find_function(const char *name) {
  return dlsym(RTLD_DEFAULT, name);
}
