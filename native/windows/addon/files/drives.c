#include "drives.h"

#include <windows.h>
#include <stdlib.h>
#include <wchar.h>

#define DEVICE_WORDS 1024
#define VOLUME_WORDS 64
#define MOST_VOLUMES 256
/* All paths of one volume. */
#define PATHS_WORDS 8192

struct list {
  napi_env env;
  napi_value array;
  uint32_t count;
  bool failed;
};

static void add(struct list *list, const wchar_t *path, UINT kind, const wchar_t *device) {
  napi_value object, number;
  napi_value texts[2] = {wide_value(list->env, path, wcslen(path)), wide_value(list->env, device, wcslen(device))};
  list->failed = list->failed || texts[0] == NULL || texts[1] == NULL ||
                 napi_create_object(list->env, &object) != napi_ok ||
                 napi_create_uint32(list->env, kind, &number) != napi_ok ||
                 napi_set_named_property(list->env, object, "path", texts[0]) != napi_ok ||
                 napi_set_named_property(list->env, object, "kind", number) != napi_ok ||
                 napi_set_named_property(list->env, object, "device", texts[1]) != napi_ok ||
                 napi_set_element(list->env, list->array, list->count++, object) != napi_ok;
}

static void add_letters(struct list *list) {
  DWORD letters = GetLogicalDrives();
  for (int at = 0; at < 26; at++) {
    if ((letters & (1u << at)) == 0) continue;
    wchar_t root[] = {(wchar_t)(L'A' + at), L':', L'\\', 0}, letter[] = {root[0], L':', 0}, device[DEVICE_WORDS];
    /* The first of several is the one that counts. */
    if (QueryDosDeviceW(letter, device, DEVICE_WORDS) == 0) device[0] = 0;
    add(list, root, GetDriveTypeW(root), device);
  }
}

static void add_folders_of(struct list *list, const wchar_t *volume, wchar_t *paths) {
  DWORD words = 0;
  if (!GetVolumePathNamesForVolumeNameW(volume, paths, PATHS_WORDS, &words)) return;
  for (const wchar_t *path = paths; *path != 0; path += wcslen(path) + 1) {
    bool is_letter = path[1] == L':' && wcslen(path) <= 3;
    if (!is_letter) add(list, path, GetDriveTypeW(volume), volume);
  }
}

static void add_folders(struct list *list) {
  wchar_t volume[VOLUME_WORDS];
  wchar_t *paths = malloc(PATHS_WORDS * sizeof *paths);
  if (paths == NULL) {
    list->failed = true;
    return;
  }
  HANDLE search = FindFirstVolumeW(volume, VOLUME_WORDS);
  for (int count = 0; search != INVALID_HANDLE_VALUE && count < MOST_VOLUMES; count++) {
    add_folders_of(list, volume, paths);
    if (!FindNextVolumeW(search, volume, VOLUME_WORDS)) break;
  }
  if (search != INVALID_HANDLE_VALUE) FindVolumeClose(search);
  free(paths);
}

static napi_value drives(napi_env env, napi_callback_info info) {
  struct list list = {.env = env};
  (void)info;
  if (napi_create_array(env, &list.array) != napi_ok) return NULL;
  add_letters(&list);
  add_folders(&list);
  return list.failed ? throw_windows_error(env, "drives", ERROR_NOT_ENOUGH_MEMORY) : list.array;
}

void register_drives(napi_env env, napi_value exports) {
  const struct function functions[] = {{"drives", drives}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
