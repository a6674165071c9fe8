/* Variables of UEFI, and whether there is a TPM. */
#include "firmware.h"

#include <windows.h>

#define MOST_NAME_WORDS 128
/* Of TBS_DEVICE_INFO: see Tbsi_GetDeviceInfo. */
struct tpm_device {
  uint32_t structure_version;
  uint32_t tpm_version;
  uint32_t interface_type;
  uint32_t implementation_revision;
};

/* Services have this privilege, but not switched on. It stays on: to switch it off would race with other threads. */
static uint32_t allow_variables(void) {
  HANDLE token;
  TOKEN_PRIVILEGES privileges = {.PrivilegeCount = 1};
  if (!LookupPrivilegeValueW(NULL, L"SeSystemEnvironmentPrivilege", &privileges.Privileges[0].Luid)) return GetLastError();
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)) return GetLastError();
  privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  AdjustTokenPrivileges(token, FALSE, &privileges, sizeof privileges, NULL, NULL);
  /* ERROR_NOT_ALL_ASSIGNED counts as success to the call itself. */
  uint32_t error = GetLastError();
  CloseHandle(token);
  return error;
}

/* firmwareVariable(name, guid, bytes) -> how many bytes were written. Throws `error 1` without UEFI, 203 when there is no such
   variable, 1300 or 1314 without the privilege. */
static napi_value firmware_variable(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  wchar_t name[MOST_NAME_WORDS], guid[MOST_NAME_WORDS];
  uint8_t *bytes;
  size_t length;
  if (!read_arguments(env, info, arguments, 3) || !read_wide(env, arguments[0], name, MOST_NAME_WORDS) ||
      !read_wide(env, arguments[1], guid, MOST_NAME_WORDS) || !read_bytes(env, arguments[2], &bytes, &length)) {
    return refuse(env, "expected a name, a GUID and bytes");
  }
  uint32_t error = allow_variables();
  if (error != ERROR_SUCCESS) return throw_windows_error(env, "firmwareVariable", error);
  SetLastError(ERROR_SUCCESS);
  DWORD read = GetFirmwareEnvironmentVariableW(name, guid, bytes, (DWORD)length);
  error = GetLastError();
  if (read == 0 && error != ERROR_SUCCESS) return throw_windows_error(env, "firmwareVariable", error);
  return napi_create_uint32(env, read, &result) == napi_ok ? result : NULL;
}

typedef uint32_t(WINAPI *get_device_info)(uint32_t size, void *info);

/* tpmVersion() -> 1 or 2 as TBS says it, 0 when TBS sees no TPM. Throws the error of TBS or of loading it. */
static napi_value tpm_version(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  const uint32_t no_tpm = 0x8028400F;
  HMODULE library = LoadLibraryExW(L"tbs.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (library == NULL) return throw_windows_error(env, "tpmVersion", GetLastError());
  struct tpm_device device = {.structure_version = 1};
  get_device_info ask = (get_device_info)(void *)GetProcAddress(library, "Tbsi_GetDeviceInfo");
  uint32_t error = ask == NULL ? ERROR_PROC_NOT_FOUND : ask(sizeof device, &device);
  FreeLibrary(library);
  if (error != 0 && error != no_tpm) return throw_windows_error(env, "tpmVersion", error);
  return napi_create_uint32(env, error == 0 ? device.tpm_version : 0, &result) == napi_ok ? result : NULL;
}

void register_firmware(napi_env env, napi_value exports) {
  const struct function functions[] = {{"firmwareVariable", firmware_variable}, {"tpmVersion", tpm_version}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
