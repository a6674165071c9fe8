/* The accounts of this machine and the members of its group Administrators. Names of a domain may be asked over the network. */
#include "accounts.h"

#include "background.h"

#include <stdlib.h>
/* Before the others, which need its types. */
#include <windows.h>

#include <lm.h>
#include <sddl.h>

#define MOST_ROWS 4096
#define NAME_WORDS 512

static void put_row(struct text *answer, bool *first) {
  put_plain(answer, *first ? "{" : ",{");
  *first = false;
}

/* [{ name, rid, flags }]: see USER_INFO_3. */
static uint32_t ask_accounts(void *input, struct text *answer) {
  (void)input;
  DWORD resume = 0, total = 0, read = 0, rows = 0;
  NET_API_STATUS status;
  bool first = true;
  put_plain(answer, "[");
  do {
    USER_INFO_3 *users = NULL;
    status = NetUserEnum(NULL, 3, FILTER_NORMAL_ACCOUNT, (LPBYTE *)&users, MAX_PREFERRED_LENGTH, &read, &total, &resume);
    if (status != NERR_Success && status != ERROR_MORE_DATA) return status;
    for (DWORD at = 0; users != NULL && at < read; at++) {
      put_row(answer, &first);
      put_plain(answer, "\"name\":");
      put_wide(answer, users[at].usri3_name);
      put_plain(answer, ",\"rid\":");
      put_number(answer, users[at].usri3_user_id);
      put_plain(answer, ",\"flags\":");
      put_number(answer, users[at].usri3_flags);
      put_plain(answer, "}");
    }
    NetApiBufferFree(users);
    rows += read;
    if (read == 0) break;
  } while (status == ERROR_MORE_DATA && rows < MOST_ROWS);
  if (status == ERROR_MORE_DATA) answer->overflowed = true;
  put_plain(answer, "]");
  return 0;
}

/* Its name depends on the language of Windows. */
static uint32_t name_of_administrators(wchar_t name[NAME_WORDS]) {
  uint8_t sid[SECURITY_MAX_SID_SIZE];
  wchar_t domain[NAME_WORDS];
  DWORD sid_bytes = sizeof sid, name_words = NAME_WORDS, domain_words = NAME_WORDS;
  SID_NAME_USE use;
  if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &sid_bytes)) return GetLastError();
  return LookupAccountSidW(NULL, sid, name, &name_words, domain, &domain_words, &use) ? 0 : GetLastError();
}

/* [{ sid, name, use }]: see LOCALGROUP_MEMBERS_INFO_2. */
static uint32_t ask_administrators(void *input, struct text *answer) {
  (void)input;
  wchar_t group[NAME_WORDS];
  uint32_t error = name_of_administrators(group);
  if (error != 0) return error;
  DWORD read = 0, total = 0, rows = 0;
  DWORD_PTR resume = 0;
  NET_API_STATUS status;
  bool first = true;
  put_plain(answer, "[");
  do {
    LOCALGROUP_MEMBERS_INFO_2 *members = NULL;
    status = NetLocalGroupGetMembers(NULL, group, 2, (LPBYTE *)&members, MAX_PREFERRED_LENGTH, &read, &total, &resume);
    if (status != NERR_Success && status != ERROR_MORE_DATA) return status;
    for (DWORD at = 0; members != NULL && at < read; at++) {
      wchar_t *sid = NULL;
      if (!ConvertSidToStringSidW(members[at].lgrmi2_sid, &sid)) sid = NULL;
      put_row(answer, &first);
      put_plain(answer, "\"sid\":");
      put_wide(answer, sid);
      put_plain(answer, ",\"name\":");
      put_wide(answer, members[at].lgrmi2_domainandname);
      put_plain(answer, ",\"use\":");
      put_number(answer, members[at].lgrmi2_sidusage);
      put_plain(answer, "}");
      LocalFree(sid);
    }
    NetApiBufferFree(members);
    rows += read;
    if (read == 0) break;
  } while (status == ERROR_MORE_DATA && rows < MOST_ROWS);
  if (status == ERROR_MORE_DATA) answer->overflowed = true;
  put_plain(answer, "]");
  return 0;
}

static napi_value ask(napi_env env, napi_callback_info info, const char *name, background_work work) {
  napi_value callback;
  if (!read_arguments(env, info, &callback, 1)) return refuse(env, "expected a callback");
  return run_in_background(env, callback, name, work, NULL);
}

/* localAccounts(callback) and localAdministrators(callback): the number of an error or 0, and rows as JSON. */
static napi_value local_accounts(napi_env env, napi_callback_info info) {
  return ask(env, info, "localAccounts", ask_accounts);
}

static napi_value local_administrators(napi_env env, napi_callback_info info) {
  return ask(env, info, "localAdministrators", ask_administrators);
}

void register_accounts(napi_env env, napi_value exports) {
  const struct function functions[] = {{"localAccounts", local_accounts}, {"localAdministrators", local_administrators}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
