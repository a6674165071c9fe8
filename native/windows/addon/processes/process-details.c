#include "process-details.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

#include <psapi.h>

#include "process-identity.h"

/* Of PEB of a 64-bit system. */
#define IMAGE_BASE_AT 0x10
#define DEVICE_WORDS 512

static bool read_process_name(napi_env env, napi_value *arguments, uint32_t *pid, uint64_t *started) {
  double number;
  if (napi_get_value_uint32(env, arguments[0], pid) != napi_ok) return false;
  if (napi_get_value_double(env, arguments[1], &number) != napi_ok || !(number >= 0)) return false;
  *started = (uint64_t)number;
  return true;
}

/* processCycles(pid, started) -> how many cycles its threads have used, -1 when it has ended or Windows does not tell. */
static napi_value process_cycles(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  uint32_t pid;
  uint64_t started;
  HANDLE process;
  double cycles = -1;
  if (!read_arguments(env, info, arguments, 2) || !read_process_name(env, arguments, &pid, &started)) {
    return refuse(env, "expected a process");
  }
  if (find_process(pid, started, 0, &process) == IS_FOUND) {
    ULONG64 count;
    if (QueryProcessCycleTime(process, &count)) cycles = (double)count;
    CloseHandle(process);
  }
  return napi_create_double(env, cycles, &result) == napi_ok ? result : NULL;
}

/* Its own program lies where its PEB says: what the process writes there leads to another file of its own memory at worst. */
static bool image_base(HANDLE process, void **base) {
  PROCESS_BASIC_INFORMATION basic;
  SIZE_T read = 0;
  if (NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof basic, NULL) != 0) return false;
  const uint8_t *at = (const uint8_t *)basic.PebBaseAddress;
  return at != NULL && ReadProcessMemory(process, at + IMAGE_BASE_AT, base, sizeof *base, &read) && read == sizeof *base;
}

/* `\Device\HarddiskVolume3\x` becomes `C:\x`. 0 when no drive leads there, or it does not fit. */
static size_t with_drive(const wchar_t *path, size_t length, wchar_t *text, size_t words) {
  wchar_t device[DEVICE_WORDS];
  /* As Wine says it. */
  if (length > 6 && length - 4 < words && wcsncmp(path, L"\\??\\", 4) == 0 && path[5] == L':') {
    memcpy(text, path + 4, (length - 4) * sizeof *text);
    return length - 4;
  }
  for (wchar_t letter = L'A'; letter <= L'Z'; letter++) {
    wchar_t drive[] = {letter, L':', 0};
    if (QueryDosDeviceW(drive, device, DEVICE_WORDS) == 0) continue;
    size_t prefix = wcslen(device);
    if (prefix >= length || path[prefix] != L'\\' || _wcsnicmp(path, device, prefix) != 0) continue;
    if (length - prefix + 2 >= words) return 0;
    memcpy(text, drive, 2 * sizeof *text);
    memcpy(text + 2, path + prefix, (length - prefix) * sizeof *text);
    return length - prefix + 2;
  }
  return 0;
}

/* processImageNow(pid, started) -> the path of the file that it runs, as that is called now; undefined when it may not be seen. */
static napi_value process_image_now(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  uint32_t pid;
  uint64_t started;
  HANDLE process;
  void *base;
  if (!read_arguments(env, info, arguments, 2) || !read_process_name(env, arguments, &pid, &started)) {
    return refuse(env, "expected a process");
  }
  wchar_t *words = malloc(2 * MAX_PATH_WORDS * sizeof *words);
  if (words == NULL) return NULL;
  if (find_process(pid, started, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, &process) == IS_FOUND) {
    DWORD length = image_base(process, &base) ? GetMappedFileNameW(process, base, words, MAX_PATH_WORDS) : 0;
    size_t found = length == 0 ? 0 : with_drive(words, length, words + MAX_PATH_WORDS, MAX_PATH_WORDS);
    if (found > 0) result = wide_value(env, words + MAX_PATH_WORDS, found);
    CloseHandle(process);
  }
  free(words);
  return result;
}

void register_process_details(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"processCycles", process_cycles},
      {"processImageNow", process_image_now},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
