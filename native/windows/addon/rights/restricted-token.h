/* Tokens with fewer rights. */
#ifndef SURETY_WINDOWS_RESTRICTED_TOKEN_H
#define SURETY_WINDOWS_RESTRICTED_TOKEN_H

#include <windows.h>

#include "../arguments.h"

/* -1 for our own. The caller closes the token. 0, or an error. */
DWORD make_restricted_token(int32_t session, HANDLE *token);

/* See restricted.h. */
napi_value restricted_sessions(napi_env env, napi_callback_info info);
napi_value restricted_enter(napi_env env, napi_callback_info info);

#endif
