#include "restricted-token.h"

#include <windows.h>
#include <sddl.h>
#include <stdlib.h>
#include <wchar.h>
#include <wtsapi32.h>

#include "tokens.h"

#define SDDL_WORDS (SID_WORDS + 64)
#define MOST_PRIVILEGES 64

static DWORD open_source(int32_t session, HANDLE *token) {
  if (session >= 0) return WTSQueryUserToken((ULONG)session, token) ? 0 : GetLastError();
  DWORD access = TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT;
  return OpenProcessToken(GetCurrentProcess(), access, token) ? 0 : GetLastError();
}

/* What the child makes, such as its own threads, belongs to its user: Administrators, who may own it now, count no more. */
static DWORD own_by_user(HANDLE token) {
  struct token_facts facts;
  wchar_t text[SDDL_WORDS];
  PSECURITY_DESCRIPTOR descriptor;
  PSID user = NULL;
  TOKEN_DEFAULT_DACL access = {NULL};
  BOOL present, defaulted;
  if (!read_token(token, &facts)) return GetLastError();
  swprintf(text, SDDL_WORDS, L"D:(A;;GA;;;SY)(A;;GA;;;%ls)", facts.user);
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL)) return GetLastError();
  DWORD error = 0;
  if (!GetSecurityDescriptorDacl(descriptor, &present, &access.DefaultDacl, &defaulted) ||
      !SetTokenInformation(token, TokenDefaultDacl, &access, sizeof access) ||
      !ConvertStringSidToSidW(facts.user, &user)) {
    error = GetLastError();
  }
  TOKEN_OWNER owner = {user};
  /* The rights above are enough where the owner stays. */
  if (error == 0) SetTokenInformation(token, TokenOwner, &owner, sizeof owner);
  if (user != NULL) LocalFree(user);
  LocalFree(descriptor);
  return error;
}

DWORD make_restricted_token(int32_t session, HANDLE *token) {
  HANDLE source;
  uint8_t sid[SECURITY_MAX_SID_SIZE];
  DWORD bytes = sizeof sid;
  DWORD error = open_source(session, &source);
  if (error != 0) return error;
  SID_AND_ATTRIBUTES administrators = {sid, 0};
  if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &bytes) ||
      !CreateRestrictedToken(source, DISABLE_MAX_PRIVILEGE, 1, &administrators, 0, NULL, 0, NULL, token)) {
    error = GetLastError();
  }
  CloseHandle(source);
  if (error != 0) return error;
  error = own_by_user(*token);
  if (error != 0) CloseHandle(*token);
  return error;
}

static bool add_session(napi_env env, napi_value list, uint32_t *count, DWORD session) {
  HANDLE token;
  struct token_facts facts;
  napi_value object, number;
  if (!WTSQueryUserToken(session, &token)) return true;
  bool known = read_token(token, &facts);
  CloseHandle(token);
  if (!known) return true;
  return napi_create_object(env, &object) == napi_ok && napi_create_uint32(env, session, &number) == napi_ok &&
         napi_set_named_property(env, object, "session", number) == napi_ok && set_token_facts(env, object, &facts) &&
         napi_set_element(env, list, (*count)++, object) == napi_ok;
}

napi_value restricted_sessions(napi_env env, napi_callback_info info) {
  WTS_SESSION_INFOW *sessions = NULL;
  DWORD found = 0;
  uint32_t count = 0;
  napi_value list;
  (void)info;
  if (!WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &sessions, &found)) {
    return throw_windows_error(env, "WTSEnumerateSessionsW", GetLastError());
  }
  bool made = napi_create_array(env, &list) == napi_ok;
  for (DWORD at = 0; made && at < found; at++) made = add_session(env, list, &count, sessions[at].SessionId);
  WTSFreeMemory(sessions);
  return made ? list : NULL;
}

/* Unlike a disabled privilege, one that is removed cannot come back. The right to pass folders stays: all paths need it. */
static DWORD remove_privileges(HANDLE token, uint32_t *left) {
  union {
    TOKEN_PRIVILEGES list;
    uint8_t bytes[sizeof(TOKEN_PRIVILEGES) + MOST_PRIVILEGES * sizeof(LUID_AND_ATTRIBUTES)];
  } held;
  DWORD bytes;
  LUID passing;
  if (!LookupPrivilegeValueW(NULL, L"SeChangeNotifyPrivilege", &passing)) return GetLastError();
  for (int turn = 0; turn < 2; turn++) {
    if (!GetTokenInformation(token, TokenPrivileges, &held, sizeof held, &bytes)) return GetLastError();
    *left = 0;
    for (DWORD at = 0; at < held.list.PrivilegeCount; at++) {
      LUID_AND_ATTRIBUTES *privilege = &held.list.Privileges[at];
      bool kept = privilege->Luid.LowPart == passing.LowPart && privilege->Luid.HighPart == passing.HighPart;
      if (!kept) privilege->Attributes = SE_PRIVILEGE_REMOVED;
      if (!kept) (*left)++;
    }
    if (*left == 0) return 0;
    if (turn == 0 && !AdjustTokenPrivileges(token, FALSE, &held.list, 0, NULL, NULL)) return GetLastError();
  }
  return 0;
}

/* Low integrity: nothing of ordinary integrity can be written to, whoever may. */
static void lower_integrity(HANDLE token) {
  uint8_t sid[SECURITY_MAX_SID_SIZE];
  DWORD bytes = sizeof sid;
  if (!CreateWellKnownSid(WinLowLabelSid, NULL, sid, &bytes)) return;
  TOKEN_MANDATORY_LABEL label = {{sid, SE_GROUP_INTEGRITY}};
  /* What came of it is read afterwards. */
  SetTokenInformation(token, TokenIntegrityLevel, &label, sizeof label + bytes);
}

static DWORD read_integrity(HANDLE token, uint32_t *level) {
  union {
    TOKEN_MANDATORY_LABEL label;
    uint8_t bytes[sizeof(TOKEN_MANDATORY_LABEL) + SECURITY_MAX_SID_SIZE];
  } held;
  DWORD bytes;
  if (!GetTokenInformation(token, TokenIntegrityLevel, &held, sizeof held, &bytes)) return GetLastError();
  PSID sid = held.label.Label.Sid;
  if (!IsValidSid(sid) || *GetSidSubAuthorityCount(sid) == 0) return ERROR_INVALID_SID;
  *level = *GetSidSubAuthority(sid, *GetSidSubAuthorityCount(sid) - 1u);
  return 0;
}

static bool set_count(napi_env env, napi_value object, const char *name, uint32_t count) {
  napi_value number;
  return napi_create_uint32(env, count, &number) == napi_ok && napi_set_named_property(env, object, name, number) == napi_ok;
}

napi_value restricted_enter(napi_env env, napi_callback_info info) {
  HANDLE token;
  struct token_facts facts;
  uint32_t privileges = 0, integrity = 0;
  napi_value result;
  (void)info;
  DWORD access = TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_ADJUST_PRIVILEGES | TOKEN_ADJUST_DEFAULT;
  if (!OpenProcessToken(GetCurrentProcess(), access, &token)) return throw_windows_error(env, "OpenProcessToken", GetLastError());
  DWORD error = remove_privileges(token, &privileges);
  lower_integrity(token);
  if (error == 0) error = read_integrity(token, &integrity);
  if (error == 0 && !read_token(token, &facts)) error = GetLastError();
  CloseHandle(token);
  if (error != 0) return throw_windows_error(env, "restrictedEnter", error);
  return napi_create_object(env, &result) == napi_ok && set_token_facts(env, result, &facts) &&
                 set_count(env, result, "privileges", privileges) && set_count(env, result, "integrity", integrity)
             ? result
             : NULL;
}
