#include "users.h"

#include <windows.h>
#include <lm.h>
#include <sddl.h>
#include <stdlib.h>
#include <wchar.h>

#include "../rights/tokens.h"

#define PROFILES L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define MOST 4096
#define NAME_WORDS 257
/* The longest path that the system itself makes a profile at; a longer text is no home. */
#define HOME_WORDS 1024
#define NAMES_AT_ONCE 256

struct account {
  wchar_t user[SID_WORDS], home[HOME_WORDS], name[NAME_WORDS];
};

struct request {
  napi_async_work work;
  napi_deferred deferred;
  struct account *accounts;
  size_t count, room;
  /* The call that failed, and with what. */
  const char *failed;
  DWORD error;
  bool profiles;
};

/* New and empty. NULL when there are too many or there is no memory. */
static struct account *add_account(struct request *request) {
  if (request->count >= MOST) return NULL;
  if (request->count == request->room) {
    size_t room = request->room == 0 ? 16 : request->room * 2;
    struct account *grown = realloc(request->accounts, room * sizeof *grown);
    if (grown == NULL) return NULL;
    request->accounts = grown;
    request->room = room;
  }
  struct account *account = &request->accounts[request->count++];
  memset(account, 0, sizeof *account);
  return account;
}

static void find_name(PSID sid, wchar_t name[NAME_WORDS]) {
  wchar_t domain[NAME_WORDS];
  DWORD name_words = NAME_WORDS, domain_words = NAME_WORDS;
  SID_NAME_USE use;
  if (!LookupAccountSidW(NULL, sid, name, &name_words, domain, &domain_words, &use)) name[0] = 0;
}

static void read_profile(HKEY profiles, const wchar_t *key, struct request *request) {
  PSID sid;
  /* Keys such as `S-1-5-21-….bak` are of profiles that were put aside. */
  if (wcslen(key) >= SID_WORDS || !ConvertStringSidToSidW(key, &sid)) return;
  struct account *account = add_account(request);
  if (account != NULL) {
    DWORD bytes = sizeof account->home;
    wcscpy(account->user, key);
    LSTATUS read = RegGetValueW(profiles, key, L"ProfileImagePath", RRF_RT_REG_SZ, NULL, account->home, &bytes);
    if (read != ERROR_SUCCESS) account->home[0] = 0;
    find_name(sid, account->name);
  }
  LocalFree(sid);
}

static void read_profiles(struct request *request) {
  HKEY profiles = NULL;
  LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROFILES, 0, KEY_READ | KEY_WOW64_64KEY, &profiles);
  for (DWORD at = 0; error == ERROR_SUCCESS && at < MOST; at++) {
    wchar_t key[NAME_WORDS];
    DWORD words = NAME_WORDS;
    error = RegEnumKeyExW(profiles, at, key, &words, NULL, NULL, NULL, NULL);
    if (error == ERROR_SUCCESS) read_profile(profiles, key, request);
  }
  if (profiles != NULL) RegCloseKey(profiles);
  if (error != ERROR_SUCCESS && error != ERROR_NO_MORE_ITEMS) {
    request->failed = "ProfileList";
    request->error = (DWORD)error;
  }
}

/* Its name is another in each language. */
static bool find_group(wchar_t name[NAME_WORDS]) {
  uint8_t sid[SECURITY_MAX_SID_SIZE];
  DWORD bytes = sizeof sid;
  if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &bytes)) return false;
  find_name(sid, name);
  return name[0] != 0;
}

static void read_administrators(struct request *request) {
  wchar_t group[NAME_WORDS];
  DWORD_PTR resume = 0;
  NET_API_STATUS status = find_group(group) ? ERROR_MORE_DATA : NERR_GroupNotFound;
  while (status == ERROR_MORE_DATA && request->count < MOST) {
    LOCALGROUP_MEMBERS_INFO_0 *members = NULL;
    DWORD read = 0, total = 0;
    status = NetLocalGroupGetMembers(NULL, group, 0, (LPBYTE *)&members, NAMES_AT_ONCE * sizeof *members, &read, &total,
                                     &resume);
    if (status != NERR_Success && status != ERROR_MORE_DATA) break;
    for (DWORD at = 0; members != NULL && at < read; at++) {
      struct account *account = add_account(request);
      if (account != NULL && !sid_text(members[at].lgrmi0_sid, account->user)) request->count--;
    }
    if (members != NULL) NetApiBufferFree(members);
    if (read == 0) break;
  }
  if (status != NERR_Success && status != ERROR_MORE_DATA) {
    request->failed = "NetLocalGroupGetMembers";
    request->error = status;
  }
}

static void ask(napi_env env, void *data) {
  struct request *request = data;
  (void)env;
  if (request->profiles) read_profiles(request);
  else read_administrators(request);
}

static bool set_text(napi_env env, napi_value object, const char *name, const wchar_t *text) {
  napi_value value = wide_value(env, text, wcslen(text));
  return value != NULL && napi_set_named_property(env, object, name, value) == napi_ok;
}

static napi_value account_value(napi_env env, const struct account *account, bool profiles) {
  napi_value value;
  if (!profiles) return wide_value(env, account->user, wcslen(account->user));
  if (napi_create_object(env, &value) != napi_ok || !set_text(env, value, "userId", account->user) ||
      !set_text(env, value, "home", account->home) || !set_text(env, value, "name", account->name)) {
    return NULL;
  }
  return value;
}

static napi_value list_value(napi_env env, const struct request *request) {
  napi_value list;
  if (napi_create_array_with_length(env, request->count, &list) != napi_ok) return NULL;
  for (size_t at = 0; at < request->count; at++) {
    napi_value value = account_value(env, &request->accounts[at], request->profiles);
    if (value == NULL || napi_set_element(env, list, (uint32_t)at, value) != napi_ok) return NULL;
  }
  return list;
}

static napi_value fault_value(napi_env env, const char *call, DWORD number) {
  napi_value error;
  throw_windows_error(env, call, number);
  return napi_get_and_clear_last_exception(env, &error) == napi_ok ? error : NULL;
}

static void answer(napi_env env, napi_status status, void *data) {
  struct request *request = data;
  napi_value list = request->failed == NULL && status == napi_ok ? list_value(env, request) : NULL;
  if (list != NULL) {
    napi_resolve_deferred(env, request->deferred, list);
  } else {
    const char *call = request->failed == NULL ? "list" : request->failed;
    napi_value error = fault_value(env, call, request->error);
    if (error != NULL) napi_reject_deferred(env, request->deferred, error);
  }
  napi_delete_async_work(env, request->work);
  free(request->accounts);
  free(request);
}

static napi_value start(napi_env env, bool profiles) {
  napi_value promise, name;
  struct request *request = calloc(1, sizeof *request);
  if (request == NULL) return throw_windows_error(env, "calloc", ERROR_NOT_ENOUGH_MEMORY);
  request->profiles = profiles;
  if (napi_create_string_utf8(env, "users", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, ask, answer, request, &request->work) != napi_ok) {
    free(request);
    return NULL;
  }
  if (napi_create_promise(env, &request->deferred, &promise) == napi_ok &&
      napi_queue_async_work(env, request->work) == napi_ok) {
    return promise;
  }
  napi_delete_async_work(env, request->work);
  free(request);
  return NULL;
}

static napi_value user_profiles(napi_env env, napi_callback_info info) {
  (void)info;
  return start(env, true);
}

static napi_value user_administrators(napi_env env, napi_callback_info info) {
  (void)info;
  return start(env, false);
}

void register_users(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"userProfiles", user_profiles},
      {"userAdministrators", user_administrators},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
