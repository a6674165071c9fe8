/* Values and names of keys of the registry, as 64-bit programs see it. Nothing is written. */
#include "registry.h"

#include <stdlib.h>
#include <windows.h>

#define MOST_KEY_WORDS 1024
#define MOST_NAME_WORDS 512
#define MOST_VALUE_BYTES (1024 * 1024)
#define MOST_KEYS 4096
#define MOST_VALUES 1024
#define MOST_VALUES_BYTES (64 * 1024)
/* The documented limit of a name of a key, with its NUL. */
#define KEY_NAME_WORDS 256

/* 0 is HKEY_LOCAL_MACHINE, 1 is HKEY_USERS. */
static bool read_root(napi_env env, napi_value value, HKEY *root) {
  uint32_t number;
  if (napi_get_value_uint32(env, value, &number) != napi_ok || number > 1) return false;
  *root = number == 0 ? HKEY_LOCAL_MACHINE : HKEY_USERS;
  return true;
}

static bool is_absent(LSTATUS status) {
  return status == ERROR_FILE_NOT_FOUND || status == ERROR_PATH_NOT_FOUND;
}

static napi_value absent(napi_env env) {
  napi_value value;
  return napi_get_undefined(env, &value) == napi_ok ? value : NULL;
}

/* { type, bytes } of a value that was read. */
static napi_value value_of(napi_env env, DWORD type, const void *data, DWORD length) {
  napi_value result, number, buffer, bytes;
  void *copy;
  if (napi_create_object(env, &result) != napi_ok || napi_create_uint32(env, type, &number) != napi_ok ||
      napi_create_arraybuffer(env, length, &copy, &buffer) != napi_ok) {
    return NULL;
  }
  if (length > 0) memcpy(copy, data, length);
  bool made = napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &bytes) == napi_ok &&
              napi_set_named_property(env, result, "type", number) == napi_ok &&
              napi_set_named_property(env, result, "bytes", bytes) == napi_ok;
  return made ? result : NULL;
}

/* It may grow between the question for its size and the reading. */
static LSTATUS read_value(HKEY key, const wchar_t *name, DWORD *type, uint8_t **data, DWORD *length) {
  *data = NULL;
  *length = 0;
  LSTATUS status = RegQueryValueExW(key, name, NULL, type, NULL, length);
  for (int attempt = 0; attempt < 4; attempt++) {
    if (status != ERROR_SUCCESS && status != ERROR_MORE_DATA) return status;
    if (*length > MOST_VALUE_BYTES) return ERROR_FILE_TOO_LARGE;
    free(*data);
    /* Some providers answer 0 bytes to the question for the size. */
    *data = malloc(*length + 1);
    if (*data == NULL) return ERROR_NOT_ENOUGH_MEMORY;
    status = RegQueryValueExW(key, name, NULL, type, *data, length);
    if (status != ERROR_MORE_DATA) return status;
  }
  return status;
}

/* registryRead(root, key, name) -> { type, bytes }, or undefined when the key or the value is absent. */
static napi_value registry_read(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  wchar_t path[MOST_KEY_WORDS], name[MOST_NAME_WORDS];
  HKEY root, key;
  if (!read_arguments(env, info, arguments, 3) || !read_root(env, arguments[0], &root) ||
      !read_wide(env, arguments[1], path, MOST_KEY_WORDS) || !read_wide(env, arguments[2], name, MOST_NAME_WORDS)) {
    return refuse(env, "expected a root, a key and a name");
  }
  LSTATUS status = RegOpenKeyExW(root, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
  if (status != ERROR_SUCCESS) return is_absent(status) ? absent(env) : throw_windows_error(env, "registryRead", status);
  DWORD type = 0, length = 0;
  uint8_t *data = NULL;
  status = read_value(key, name, &type, &data, &length);
  RegCloseKey(key);
  napi_value result = NULL;
  if (status == ERROR_SUCCESS) result = value_of(env, type, data, length);
  free(data);
  if (status == ERROR_SUCCESS) return result;
  return is_absent(status) ? absent(env) : throw_windows_error(env, "registryRead", status);
}

static napi_value list_keys(napi_env env, HKEY key) {
  napi_value list;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  wchar_t name[KEY_NAME_WORDS];
  for (DWORD at = 0;; at++) {
    DWORD length = KEY_NAME_WORDS;
    LSTATUS status = RegEnumKeyExW(key, at, name, &length, NULL, NULL, NULL, NULL);
    if (status == ERROR_NO_MORE_ITEMS) return list;
    if (status != ERROR_SUCCESS) return throw_windows_error(env, "registryKeys", status);
    if (at >= MOST_KEYS) return throw_windows_error(env, "registryKeys", ERROR_FILE_TOO_LARGE);
    napi_value text = wide_value(env, name, length);
    if (text == NULL || napi_set_element(env, list, at, text) != napi_ok) return NULL;
  }
}

/*
 * Opens the key that the arguments name, a root and a path. Where it cannot, `*answer` is what the caller returns: undefined for an absent
 * key, else NULL with an error thrown.
 */
static bool open_key(napi_env env, napi_callback_info info, const char *caller, REGSAM rights, HKEY *key, napi_value *answer) {
  napi_value arguments[2];
  wchar_t path[MOST_KEY_WORDS];
  HKEY root;
  if (!read_arguments(env, info, arguments, 2) || !read_root(env, arguments[0], &root) ||
      !read_wide(env, arguments[1], path, MOST_KEY_WORDS)) {
    *answer = refuse(env, "expected a root and a key");
    return false;
  }
  LSTATUS status = RegOpenKeyExW(root, path, 0, rights | KEY_WOW64_64KEY, key);
  if (status == ERROR_SUCCESS) return true;
  *answer = is_absent(status) ? absent(env) : throw_windows_error(env, caller, status);
  return false;
}

/* registryKeys(root, key) -> names of the keys below it, or undefined when it is absent. */
static napi_value registry_keys(napi_env env, napi_callback_info info) {
  HKEY key;
  napi_value list;
  if (!open_key(env, info, "registryKeys", KEY_ENUMERATE_SUB_KEYS, &key, &list)) return list;
  list = list_keys(env, key);
  RegCloseKey(key);
  return list;
}

static napi_value list_values(napi_env env, HKEY key, uint8_t *data) {
  napi_value list;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  wchar_t name[MOST_NAME_WORDS];
  for (DWORD at = 0;; at++) {
    DWORD words = MOST_NAME_WORDS, type = 0, length = MOST_VALUES_BYTES;
    LSTATUS status = RegEnumValueW(key, at, name, &words, NULL, &type, data, &length);
    if (status == ERROR_NO_MORE_ITEMS) return list;
    if (status == ERROR_MORE_DATA || at >= MOST_VALUES) status = ERROR_FILE_TOO_LARGE;
    if (status != ERROR_SUCCESS) return throw_windows_error(env, "registryValues", status);
    napi_value value = value_of(env, type, data, length), text = wide_value(env, name, words);
    if (value == NULL || text == NULL || napi_set_named_property(env, value, "name", text) != napi_ok ||
        napi_set_element(env, list, at, value) != napi_ok) {
      return NULL;
    }
  }
}

/* registryValues(root, key) -> [{ name, type, bytes }] of all values of the key, or undefined when it is absent. */
static napi_value registry_values(napi_env env, napi_callback_info info) {
  HKEY key;
  napi_value list;
  if (!open_key(env, info, "registryValues", KEY_QUERY_VALUE, &key, &list)) return list;
  uint8_t *data = malloc(MOST_VALUES_BYTES);
  list = data == NULL ? throw_windows_error(env, "registryValues", ERROR_NOT_ENOUGH_MEMORY)
                      : list_values(env, key, data);
  free(data);
  RegCloseKey(key);
  return list;
}

void register_registry(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"registryRead", registry_read}, {"registryKeys", registry_keys}, {"registryValues", registry_values}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
