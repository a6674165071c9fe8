/* The accounts of this machine, with what they may do without a password. */
#include "accounts.h"

#include "../facts/background.h"

#include <stdlib.h>
/* Before the others, which need its types. */
#include <windows.h>

#include <lm.h>

#define MOST_ROWS 4096

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
      put_plain(answer, first ? "{\"name\":" : ",{\"name\":");
      first = false;
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

/* localAccounts(callback): the number of an error or 0, and rows as JSON. */
static napi_value local_accounts(napi_env env, napi_callback_info info) {
  napi_value callback;
  if (!read_arguments(env, info, &callback, 1)) return refuse(env, "expected a callback");
  return run_in_background(env, callback, "localAccounts", ask_accounts, NULL);
}

void register_accounts(napi_env env, napi_value exports) {
  const struct function functions[] = {{"localAccounts", local_accounts}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
