#ifndef SURETY_WINDOWS_WMI_H
#define SURETY_WINDOWS_WMI_H

#include "../arguments.h"

void register_wmi(napi_env env, napi_value exports);

#endif
