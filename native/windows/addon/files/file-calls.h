#ifndef SURETY_WINDOWS_FILE_CALLS_H
#define SURETY_WINDOWS_FILE_CALLS_H

#include "../arguments.h"

void register_file_calls(napi_env env, napi_value exports);

#endif
