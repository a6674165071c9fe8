#include "security.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>

/* The kernel's own limit of a descriptor. */
#define MAX_DESCRIPTOR_BYTES 65536
/* A longer one would not fit into a descriptor either. */
#define MAX_SDDL_WORDS 8192

#define WANTED (OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)
#define ANY_SHARING (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static HANDLE open_itself(const wchar_t *path, DWORD access) {
  return CreateFileW(path, access, ANY_SHARING, NULL, OPEN_EXISTING,
                     FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

static wchar_t *read_path(napi_env env, napi_value value) { return read_new_wide(env, value, MAX_PATH_WORDS); }

static napi_value bytes_value(napi_env env, const void *bytes, size_t length) {
  napi_value buffer, array;
  void *copy;
  if (napi_create_arraybuffer(env, length, &copy, &buffer) != napi_ok) return NULL;
  if (length > 0) memcpy(copy, bytes, length);
  return napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &array) == napi_ok ? array : NULL;
}

static napi_value security_read(napi_env env, napi_callback_info info) {
  napi_value argument, result = NULL;
  wchar_t *path = read_arguments(env, info, &argument, 1) ? read_path(env, argument) : NULL;
  if (path == NULL) return refuse(env, "expected a path");
  HANDLE file = open_itself(path, READ_CONTROL);
  DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
  free(path);
  if (error != ERROR_SUCCESS) return throw_windows_error(env, "CreateFileW", error);

  void *descriptor = malloc(MAX_DESCRIPTOR_BYTES);
  DWORD length = 0;
  if (descriptor == NULL) error = ERROR_NOT_ENOUGH_MEMORY;
  else if (!GetKernelObjectSecurity(file, WANTED, descriptor, MAX_DESCRIPTOR_BYTES, &length)) error = GetLastError();
  else if (length > MAX_DESCRIPTOR_BYTES || !IsValidSecurityDescriptor(descriptor)) error = ERROR_INVALID_SECURITY_DESCR;
  CloseHandle(file);
  if (error == ERROR_SUCCESS) result = bytes_value(env, descriptor, GetSecurityDescriptorLength(descriptor));
  free(descriptor);
  return error == ERROR_SUCCESS ? result : throw_windows_error(env, "GetKernelObjectSecurity", error);
}

/* The path and the descriptor of a call with both; false with an exception pending. The caller frees both. */
static bool read_path_and_rights(napi_env env, napi_callback_info info, wchar_t **path, PSECURITY_DESCRIPTOR *rights) {
  napi_value arguments[2];
  wchar_t *sddl = NULL;
  *path = NULL;
  if (read_arguments(env, info, arguments, 2)) {
    *path = read_path(env, arguments[0]);
    sddl = read_new_wide(env, arguments[1], MAX_SDDL_WORDS);
  }
  bool given = *path != NULL && sddl != NULL;
  bool valid = given && ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, rights, NULL);
  DWORD error = GetLastError();
  free(sddl);
  if (valid) return true;
  free(*path);
  if (given) throw_windows_error(env, "ConvertStringSecurityDescriptorToSecurityDescriptorW", error);
  else refuse(env, "expected a path and a security descriptor");
  return false;
}

static DWORD write_rights(const wchar_t *path, PSECURITY_DESCRIPTOR rights) {
  BOOL present = FALSE, defaulted;
  PACL dacl = NULL;
  if (!GetSecurityDescriptorDacl(rights, &present, &dacl, &defaulted)) return GetLastError();
  /* No list would give everything to everybody. */
  if (!present || dacl == NULL) return ERROR_INVALID_ACL;
  HANDLE file = open_itself(path, READ_CONTROL | WRITE_DAC);
  if (file == INVALID_HANDLE_VALUE) return GetLastError();
  const SECURITY_INFORMATION what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
  /* The first also changes what lies in a folder and inherits from it. Wine's adds what the folder above hands down, so the second
     leaves these rights alone. */
  DWORD error = SetSecurityInfo(file, SE_FILE_OBJECT, what, NULL, NULL, dacl, NULL);
  if (error == ERROR_SUCCESS && !SetKernelObjectSecurity(file, what, rights)) error = GetLastError();
  CloseHandle(file);
  return error;
}

static napi_value security_write(napi_env env, napi_callback_info info) {
  wchar_t *path;
  PSECURITY_DESCRIPTOR rights;
  if (!read_path_and_rights(env, info, &path, &rights)) return NULL;
  DWORD error = write_rights(path, rights);
  LocalFree(rights);
  free(path);
  return error == ERROR_SUCCESS ? NULL : throw_windows_error(env, "SetSecurityInfo", error);
}

static napi_value security_make_folder(napi_env env, napi_callback_info info) {
  wchar_t *path;
  PSECURITY_DESCRIPTOR rights;
  if (!read_path_and_rights(env, info, &path, &rights)) return NULL;
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, rights, FALSE};
  DWORD error = CreateDirectoryW(path, &attributes) ? ERROR_SUCCESS : GetLastError();
  LocalFree(rights);
  free(path);
  return error == ERROR_SUCCESS ? NULL : throw_windows_error(env, "CreateDirectoryW", error);
}

static napi_value security_make_file(napi_env env, napi_callback_info info) {
  wchar_t *path;
  PSECURITY_DESCRIPTOR rights;
  if (!read_path_and_rights(env, info, &path, &rights)) return NULL;
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, rights, FALSE};
  HANDLE file = CreateFileW(path, GENERIC_WRITE, ANY_SHARING, &attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
  DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
  if (error == ERROR_SUCCESS) CloseHandle(file);
  LocalFree(rights);
  free(path);
  return error == ERROR_SUCCESS ? NULL : throw_windows_error(env, "CreateFileW", error);
}

static napi_value security_windows_folder(napi_env env, napi_callback_info info) {
  (void)info;
  wchar_t text[MAX_PATH];
  UINT length = GetSystemWindowsDirectoryW(text, MAX_PATH);
  if (length == 0 || length >= MAX_PATH) return throw_windows_error(env, "GetSystemWindowsDirectoryW", GetLastError());
  return wide_value(env, text, length);
}

static napi_value security_flush_folder(napi_env env, napi_callback_info info) {
  napi_value argument;
  wchar_t *path = read_arguments(env, info, &argument, 1) ? read_path(env, argument) : NULL;
  if (path == NULL) return refuse(env, "expected a path");
  /* The right to write is what a flush asks for. */
  HANDLE folder = open_itself(path, GENERIC_WRITE);
  DWORD error = folder == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
  free(path);
  if (error != ERROR_SUCCESS) return throw_windows_error(env, "CreateFileW", error);
  error = FlushFileBuffers(folder) ? ERROR_SUCCESS : GetLastError();
  CloseHandle(folder);
  return error == ERROR_SUCCESS ? NULL : throw_windows_error(env, "FlushFileBuffers", error);
}

void register_security(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"securityRead", security_read},
      {"securityWrite", security_write},
      {"securityMakeFolder", security_make_folder},
      {"securityMakeFile", security_make_file},
      {"securityWindowsFolder", security_windows_folder},
      {"securityFlushFolder", security_flush_folder},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
