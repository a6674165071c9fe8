#include "resolve-program.h"

#include <stdlib.h>
#include <string.h>

#include "../files/path-links.h"

#define PACKAGE_BYTES (64 * 1024)

/* The length of the path of the folder `steps` levels above the file. Counted from the file, because a drive letter may stand for a folder. */
static size_t end_of_folder(const wchar_t *path, uint32_t steps) {
  size_t end = wcslen(path);
  while (steps-- > 0) {
    while (end > 2 && path[end] != L'\\') end--;
    if (steps > 0 && end > 2) end--;
  }
  return end > 2 ? end : 3;
}

static bool is_node_modules(const wchar_t *path, size_t end) {
  static const wchar_t name[] = L"\\node_modules";
  size_t length = sizeof name / sizeof *name - 1;
  return end >= length && _wcsnicmp(path + end - length, name, length) == 0;
}

/* -1 when it is larger than there is room, or cannot be read. */
static long read_whole(HANDLE file, uint8_t *bytes, DWORD room) {
  DWORD used = 0, got = 1;
  while (got > 0 && used < room) {
    if (!ReadFile(file, bytes + used, room - used, &got, NULL)) return -1;
    used += got;
  }
  return got == 0 ? (long)used : -1;
}

static bool has_name(const uint8_t *bytes, size_t length) {
  static const char name[] = "\"name\"";
  for (size_t at = 0; at + sizeof name - 1 <= length; at++) {
    if (memcmp(bytes + at, name, sizeof name - 1) == 0) return true;
  }
  return false;
}

/* The nearest package.json that says a name, above the file. Words of its folder in the path, 0 when there is none. */
static size_t nearest_package(const struct followed *followed, uint8_t *bytes, long *length) {
  for (uint32_t depth = followed->depth - 1; depth-- > 0;) {
    size_t end = end_of_folder(followed->path, followed->depth - 1 - depth);
    if (is_node_modules(followed->path, end)) return 0;
    HANDLE file = open_plain_file(followed->handles[depth], L"package.json");
    if (file == NULL) continue;
    *length = read_whole(file, bytes, PACKAGE_BYTES);
    CloseHandle(file);
    if (*length < 0) return 0;
    /* One without a name tells how the files below it are to be read, and no more. */
    if (has_name(bytes, (size_t)*length)) return end;
  }
  return 0;
}

static napi_value answer(napi_env env, const struct followed *followed, size_t folder, long bytes) {
  napi_value result, path, count, above;
  path = wide_value(env, followed->path, wcslen(followed->path));
  above = wide_value(env, followed->path, folder);
  if (path == NULL || above == NULL || napi_create_object(env, &result) != napi_ok ||
      napi_create_int32(env, (int32_t)bytes, &count) != napi_ok ||
      napi_set_named_property(env, result, "path", path) != napi_ok ||
      napi_set_named_property(env, result, "folder", above) != napi_ok ||
      napi_set_named_property(env, result, "bytes", count) != napi_ok) {
    return NULL;
  }
  return result;
}

/*
 * programResolve(path, bytes) -> { path, folder, bytes } | undefined: where the file lies, with links followed; the folder of its
 * package, empty when there is none, and how many bytes of `bytes` its manifest takes. Without room, no manifest is looked for.
 */
static napi_value program_resolve(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  uint8_t *bytes;
  size_t room, folder = 0;
  long length = 0;
  if (!read_arguments(env, info, arguments, 2) || !read_bytes(env, arguments[1], &bytes, &room) ||
      (room != 0 && room < PACKAGE_BYTES)) {
    return refuse(env, "expected a path and 64 KiB of bytes, or none");
  }
  wchar_t *path = read_new_wide(env, arguments[0], MAX_PATH_WORDS);
  struct followed *followed = path == NULL ? NULL : malloc(sizeof *followed);
  if (followed != NULL && follow_links(path, followed)) {
    if (room > 0) folder = nearest_package(followed, bytes, &length);
    result = answer(env, followed, folder, folder == 0 ? 0 : length);
    close_followed(followed);
  }
  free(followed);
  free(path);
  return result;
}

void register_resolve_program(napi_env env, napi_value exports) {
  const struct function functions[] = {{"programResolve", program_resolve}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
