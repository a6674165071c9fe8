#include "logins.h"

#include <string.h>
#include <windows.h>

#include <sddl.h>
#include <wtsapi32.h>

#define MAX_LOGINS 64

/* LocalSystem alone gets the token of a session. */
static bool sid_by_token(DWORD session, PSID sid) {
  HANDLE token;
  if (!WTSQueryUserToken(session, &token)) return false;
  union {
    TOKEN_USER user;
    uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } owner;
  DWORD length = 0;
  bool found = GetTokenInformation(token, TokenUser, &owner, sizeof owner, &length) &&
               CopySid(SECURITY_MAX_SID_SIZE, sid, owner.user.User.Sid);
  CloseHandle(token);
  return found;
}

/* For anybody else: the account of that name. Of another computer or domain nothing is asked, because that may take long. */
static bool sid_by_name(DWORD session, PSID sid) {
  wchar_t *user = NULL, *domain = NULL, computer[MAX_COMPUTERNAME_LENGTH + 1], of[256];
  DWORD bytes, size = SECURITY_MAX_SID_SIZE, words = 256, computer_words = MAX_COMPUTERNAME_LENGTH + 1;
  SID_NAME_USE use;
  bool found = false;
  if (WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSUserName, &user, &bytes) && user[0] != 0 &&
      WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSDomainName, &domain, &bytes) &&
      GetComputerNameW(computer, &computer_words) && _wcsicmp(domain, computer) == 0) {
    wchar_t name[512];
    if (wcslen(user) + wcslen(computer) + 2 <= sizeof name / sizeof *name) {
      wcscpy(name, computer);
      wcscat(name, L"\\");
      wcscat(name, user);
      found = LookupAccountNameW(NULL, name, sid, &size, of, &words, &use) && use == SidTypeUser;
    }
  }
  if (user != NULL) WTSFreeMemory(user);
  if (domain != NULL) WTSFreeMemory(domain);
  return found;
}

static int protocol_of(DWORD session) {
  USHORT *protocol = NULL;
  DWORD bytes = 0;
  int number = -1;
  if (!WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSClientProtocolType, (wchar_t **)&protocol, &bytes)) {
    return -1;
  }
  if (bytes >= sizeof *protocol) number = *protocol;
  WTSFreeMemory(protocol);
  return number;
}

static bool add_login(napi_env env, napi_value list, uint32_t at, DWORD session) {
  uint8_t sid[SECURITY_MAX_SID_SIZE];
  wchar_t *text;
  napi_value login, id, number, protocol;
  if (!sid_by_token(session, sid) && !sid_by_name(session, sid)) return false;
  if (!ConvertSidToStringSidW(sid, &text)) return false;
  id = wide_value(env, text, wcslen(text));
  LocalFree(text);
  return id != NULL && napi_create_object(env, &login) == napi_ok &&
         napi_create_uint32(env, session, &number) == napi_ok &&
         napi_create_int32(env, protocol_of(session), &protocol) == napi_ok &&
         napi_set_named_property(env, login, "userId", id) == napi_ok &&
         napi_set_named_property(env, login, "sessionId", number) == napi_ok &&
         napi_set_named_property(env, login, "protocol", protocol) == napi_ok &&
         napi_set_element(env, list, at, login) == napi_ok;
}

/* loginList() -> [{ userId, sessionId, protocol }]: 0 is the console, 2 the Remote Desktop Protocol, -1 not known. */
static napi_value login_list(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value list;
  WTS_SESSION_INFOW *sessions = NULL;
  DWORD count = 0;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  if (!WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &sessions, &count)) return list;
  uint32_t at = 0;
  for (DWORD index = 0; index < count && at < MAX_LOGINS; index++) {
    /* One that is disconnected is still logged on. */
    WTS_CONNECTSTATE_CLASS state = sessions[index].State;
    if (state != WTSActive && state != WTSDisconnected) continue;
    if (add_login(env, list, at, sessions[index].SessionId)) at++;
  }
  WTSFreeMemory(sessions);
  return list;
}

void register_logins(napi_env env, napi_value exports) {
  const struct function functions[] = {{"loginList", login_list}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
