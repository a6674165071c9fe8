#include "pipe.h"

#include <aclapi.h>
#include <stdlib.h>

#include "pipe-listener.h"
#include "../rights/tokens.h"

/* What a client needs, and no more: a right to write in general would hold the right to make instances. */
#define CLIENT_ACCESS                                                                                    \
  (FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE)

static napi_value number(napi_env env, double value) {
  napi_value result;
  return napi_create_double(env, value, &result) == napi_ok ? result : NULL;
}

/* A handle has 32 significant bits; see "Interprocess Communication Between 32-bit and 64-bit Applications". */
static bool read_handle(napi_env env, napi_value value, HANDLE *handle) {
  int64_t given;
  if (napi_get_value_int64(env, value, &given) != napi_ok || given <= 0 || given > UINT32_MAX) return false;
  *handle = (HANDLE)(intptr_t)given;
  return true;
}

static bool read_server_end(napi_env env, napi_callback_info info, HANDLE *pipe) {
  napi_value argument;
  DWORD flags;
  return read_arguments(env, info, &argument, 1) && read_handle(env, argument, pipe) &&
         GetNamedPipeInfo(*pipe, &flags, NULL, NULL, NULL) && (flags & PIPE_SERVER_END) != 0;
}

static bool set_number(napi_env env, napi_value object, const char *name, double value) {
  napi_value made = number(env, value);
  return made != NULL && napi_set_named_property(env, object, name, made) == napi_ok;
}

static napi_value pipe_client(napi_env env, napi_callback_info info) {
  HANDLE pipe;
  ULONG pid = 0;
  struct token_facts facts;
  napi_value result;
  if (!read_server_end(env, info, &pipe)) return refuse(env, "expected the server's end of a pipe");
  if (!GetNamedPipeClientProcessId(pipe, &pid)) return number(env, GetLastError());
  HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, pid);
  bool known = process != NULL && read_process_token(process, &facts);
  if (napi_create_object(env, &result) == napi_ok && set_number(env, result, "pid", pid) &&
      set_number(env, result, "process", (double)(intptr_t)process) && (!known || set_token_facts(env, result, &facts))) {
    return result;
  }
  if (process != NULL) CloseHandle(process);
  return NULL;
}

static napi_value pipe_client_ended(napi_env env, napi_callback_info info) {
  HANDLE process;
  napi_value argument, result;
  if (!read_arguments(env, info, &argument, 1) || !read_handle(env, argument, &process)) {
    return refuse(env, "expected a process");
  }
  bool ended = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
  return napi_get_boolean(env, ended, &result) == napi_ok ? result : NULL;
}

static napi_value pipe_client_close(napi_env env, napi_callback_info info) {
  HANDLE process;
  napi_value argument;
  if (!read_arguments(env, info, &argument, 1) || !read_handle(env, argument, &process)) {
    return refuse(env, "expected a process");
  }
  CloseHandle(process);
  return NULL;
}

/* The thread is the client's for two calls. One that could not be made our own again must do nothing more. */
static DWORD read_impersonated(HANDLE pipe, struct token_facts *facts) {
  if (!ImpersonateNamedPipeClient(pipe)) return GetLastError();
  HANDLE token = NULL;
  DWORD error = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) ? 0 : GetLastError();
  if (!RevertToSelf()) napi_fatal_error("pipePeer", NAPI_AUTO_LENGTH, "RevertToSelf failed", NAPI_AUTO_LENGTH);
  if (error != 0) return error;
  if (!read_token(token, facts)) error = GetLastError();
  CloseHandle(token);
  return error;
}

static napi_value pipe_peer(napi_env env, napi_callback_info info) {
  HANDLE pipe;
  struct token_facts facts;
  napi_value result;
  if (!read_server_end(env, info, &pipe)) return refuse(env, "expected the server's end of a pipe");
  DWORD error = read_impersonated(pipe, &facts);
  if (error != 0) return number(env, error);
  return napi_create_object(env, &result) == napi_ok && set_token_facts(env, result, &facts) ? result : NULL;
}

static DWORD read_owner(HANDLE pipe, wchar_t owner[SID_WORDS]) {
  PSID sid;
  PSECURITY_DESCRIPTOR descriptor;
  DWORD error = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &sid, NULL, NULL, NULL, &descriptor);
  if (error != 0) return error;
  if (sid == NULL || !sid_text(sid, owner)) error = ERROR_INVALID_OWNER;
  LocalFree(descriptor);
  return error;
}

static napi_value pipe_open(napi_env env, napi_callback_info info) {
  wchar_t name[PIPE_NAME_WORDS], owner[SID_WORDS];
  napi_value argument, result;
  if (!read_arguments(env, info, &argument, 1) || !read_wide(env, argument, name, PIPE_NAME_WORDS)) {
    return refuse(env, "expected the name of a pipe");
  }
  DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
  HANDLE pipe = CreateFileW(name, CLIENT_ACCESS, 0, NULL, OPEN_EXISTING, flags, NULL);
  if (pipe == INVALID_HANDLE_VALUE) return number(env, GetLastError());
  DWORD error = GetFileType(pipe) == FILE_TYPE_PIPE ? read_owner(pipe, owner) : ERROR_BAD_PIPE;
  int descriptor = error == 0 ? uv_open_osfhandle(pipe) : -1;
  if (descriptor < 0) {
    CloseHandle(pipe);
    return number(env, error == 0 ? ERROR_TOO_MANY_OPEN_FILES : error);
  }
  napi_value owner_text = wide_value(env, owner, NAPI_AUTO_LENGTH);
  if (owner_text != NULL && napi_create_object(env, &result) == napi_ok &&
      set_number(env, result, "descriptor", descriptor) &&
      napi_set_named_property(env, result, "owner", owner_text) == napi_ok) {
    return result;
  }
  /* The descriptor stays open: JavaScript has no memory left, and the process ends. */
  return NULL;
}

void register_pipe(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"pipeListen", pipe_listen},   {"pipeClient", pipe_client}, {"pipeClientEnded", pipe_client_ended},
      {"pipeClientClose", pipe_client_close}, {"pipePeer", pipe_peer},     {"pipeOpen", pipe_open},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
