#include "tokens.h"

#include <sddl.h>
#include <wchar.h>

bool sid_text(PSID sid, wchar_t text[SID_WORDS]) {
  LPWSTR made;
  if (!IsValidSid(sid) || !ConvertSidToStringSidW(sid, &made)) return false;
  bool fits = wcslen(made) < SID_WORDS;
  if (fits) wcscpy(text, made);
  LocalFree(made);
  return fits;
}

static bool read_user(HANDLE token, wchar_t text[SID_WORDS]) {
  union {
    TOKEN_USER user;
    uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } owner;
  DWORD length = 0;
  return GetTokenInformation(token, TokenUser, &owner, sizeof owner, &length) && sid_text(owner.user.User.Sid, text);
}

/* CheckTokenMembership sees which memberships count: neither those for denial alone nor those that a restriction takes away. */
static bool read_membership(HANDLE impersonation, bool *administrator) {
  uint8_t sid[SECURITY_MAX_SID_SIZE];
  DWORD length = sizeof sid;
  BOOL member = FALSE;
  if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &length)) return false;
  if (!CheckTokenMembership(impersonation, sid, &member)) return false;
  *administrator = member != FALSE;
  return true;
}

bool read_token(HANDLE token, struct token_facts *facts) {
  TOKEN_TYPE type;
  DWORD length = 0;
  if (!read_user(token, facts->user) || !GetTokenInformation(token, TokenType, &type, sizeof type, &length)) return false;
  if (type == TokenImpersonation) return read_membership(token, &facts->administrator);
  HANDLE copy;
  if (!DuplicateTokenEx(token, TOKEN_QUERY, NULL, SecurityIdentification, TokenImpersonation, &copy)) return false;
  bool read = read_membership(copy, &facts->administrator);
  DWORD error = GetLastError();
  CloseHandle(copy);
  SetLastError(error);
  return read;
}

bool read_process_token(HANDLE process, struct token_facts *facts) {
  HANDLE token;
  if (!OpenProcessToken(process, TOKEN_QUERY | TOKEN_DUPLICATE, &token)) return false;
  bool read = read_token(token, facts);
  DWORD error = GetLastError();
  CloseHandle(token);
  SetLastError(error);
  return read;
}

bool set_token_facts(napi_env env, napi_value object, const struct token_facts *facts) {
  napi_value user = wide_value(env, facts->user, wcslen(facts->user));
  napi_value administrator;
  return user != NULL && napi_get_boolean(env, facts->administrator, &administrator) == napi_ok &&
         napi_set_named_property(env, object, "userId", user) == napi_ok &&
         napi_set_named_property(env, object, "isAdministrator", administrator) == napi_ok;
}

static napi_value own_token(napi_env env, napi_callback_info info) {
  struct token_facts facts;
  napi_value result;
  (void)info;
  if (!read_process_token(GetCurrentProcess(), &facts)) return throw_windows_error(env, "OpenProcessToken", GetLastError());
  return napi_create_object(env, &result) == napi_ok && set_token_facts(env, result, &facts) ? result : NULL;
}

void register_tokens(napi_env env, napi_value exports) {
  const struct function functions[] = {{"ownToken", own_token}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
