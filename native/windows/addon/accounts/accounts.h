#ifndef SURETY_WINDOWS_ACCOUNTS_H
#define SURETY_WINDOWS_ACCOUNTS_H

#include "../arguments.h"

void register_accounts(napi_env env, napi_value exports);

#endif
