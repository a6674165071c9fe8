#ifndef SURETY_WINDOWS_REGISTRY_H
#define SURETY_WINDOWS_REGISTRY_H

#include "../arguments.h"

void register_registry(napi_env env, napi_value exports);

#endif
