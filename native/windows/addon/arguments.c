#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>

void define_functions(napi_env env, napi_value exports, const struct function *functions, size_t count) {
  for (size_t at = 0; at < count; at++) {
    napi_property_descriptor property = {functions[at].name, NULL, functions[at].call, NULL, NULL, NULL,
                                         napi_enumerable,    NULL};
    if (napi_define_properties(env, exports, 1, &property) != napi_ok) return;
  }
}

bool read_arguments(napi_env env, napi_callback_info info, napi_value *arguments, size_t count) {
  size_t given = count;
  return napi_get_cb_info(env, info, &given, arguments, NULL, NULL) == napi_ok && given >= count;
}

bool read_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length) {
  napi_typedarray_type type;
  return napi_get_typedarray_info(env, value, &type, length, (void **)bytes, NULL, NULL) == napi_ok &&
         type == napi_uint8_array && *length <= UINT32_MAX;
}

bool read_numbers(napi_env env, napi_value value, double **numbers, size_t least) {
  napi_typedarray_type type;
  size_t length;
  return napi_get_typedarray_info(env, value, &type, &length, (void **)numbers, NULL, NULL) == napi_ok &&
         type == napi_float64_array && length >= least;
}

/* The system would see the part before a NUL alone. */
static bool has_nul(const wchar_t *text, size_t length) {
  for (size_t at = 0; at < length; at++) {
    if (text[at] == 0) return true;
  }
  return false;
}

bool read_wide(napi_env env, napi_value value, wchar_t *text, size_t words) {
  size_t length, copied;
  if (napi_get_value_string_utf16(env, value, NULL, 0, &length) != napi_ok || length >= words) return false;
  if (napi_get_value_string_utf16(env, value, (char16_t *)text, words, &copied) != napi_ok) return false;
  return copied == length && !has_nul(text, length);
}

wchar_t *read_new_wide(napi_env env, napi_value value, size_t most_words) {
  size_t length;
  if (napi_get_value_string_utf16(env, value, NULL, 0, &length) != napi_ok || length >= most_words) return NULL;
  wchar_t *text = malloc((length + 1) * sizeof *text);
  if (text != NULL && !read_wide(env, value, text, length + 1)) {
    free(text);
    return NULL;
  }
  return text;
}

napi_value wide_value(napi_env env, const wchar_t *text, size_t length) {
  napi_value value;
  return napi_create_string_utf16(env, (const char16_t *)text, length, &value) == napi_ok ? value : NULL;
}

napi_value refuse(napi_env env, const char *expected) {
  napi_throw_type_error(env, NULL, expected);
  return NULL;
}

napi_value throw_windows_error(napi_env env, const char *call, uint32_t number) {
  char message[64];
  snprintf(message, sizeof message, number < 65536 ? "error %u" : "error 0x%08X", (unsigned)number);
  napi_throw_error(env, call, message);
  return NULL;
}
