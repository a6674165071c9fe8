/* Who a token of Windows speaks for. */
#ifndef SURETY_WINDOWS_TOKENS_H
#define SURETY_WINDOWS_TOKENS_H

#include <windows.h>

#include "../arguments.h"

/* SECURITY_MAX_SID_STRING_CHARACTERS, with the NUL. */
#define SID_WORDS 188

struct token_facts {
  wchar_t user[SID_WORDS];
  /* A member of S-1-5-32-544 whose membership counts now: with user account control, one that is elevated. */
  bool administrator;
};

/* Of a primary token it needs TOKEN_QUERY and TOKEN_DUPLICATE, else TOKEN_QUERY. False sets the last error. */
bool read_token(HANDLE token, struct token_facts *facts);
/* Of the process itself. False sets the last error. */
bool read_process_token(HANDLE process, struct token_facts *facts);
/* Sets `userId` and `isAdministrator`. */
bool set_token_facts(napi_env env, napi_value object, const struct token_facts *facts);
/* The text of a SID. */
bool sid_text(PSID sid, wchar_t text[SID_WORDS]);

/* ownToken() -> {userId, isAdministrator} of this process. */
void register_tokens(napi_env env, napi_value exports);

#endif
