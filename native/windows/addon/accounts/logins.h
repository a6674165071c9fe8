/* Topic `login`: who is logged on, at the device or from afar. */
#ifndef SURETY_WINDOWS_LOGINS_H
#define SURETY_WINDOWS_LOGINS_H

#include "../arguments.h"

void register_logins(napi_env env, napi_value exports);

#endif
