#ifndef SURETY_WINDOWS_FIRMWARE_H
#define SURETY_WINDOWS_FIRMWARE_H

#include "../arguments.h"

void register_firmware(napi_env env, napi_value exports);

#endif
