/* Topic `freeze`. */
#ifndef SURETY_WINDOWS_FREEZE_H
#define SURETY_WINDOWS_FREEZE_H

#include "../arguments.h"

void register_freeze(napi_env env, napi_value exports);

#endif
