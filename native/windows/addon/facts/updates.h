#ifndef SURETY_WINDOWS_UPDATES_H
#define SURETY_WINDOWS_UPDATES_H

#include "../arguments.h"

void register_updates(napi_env env, napi_value exports);

#endif
