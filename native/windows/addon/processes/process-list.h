#ifndef SURETY_WINDOWS_PROCESS_LIST_H
#define SURETY_WINDOWS_PROCESS_LIST_H

#include "../arguments.h"

void register_process_list(napi_env env, napi_value exports);

#endif
