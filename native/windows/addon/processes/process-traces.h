/* Topic `trace`: the starts and ends of processes, as Windows Management Instrumentation announces them. */
#ifndef SURETY_WINDOWS_PROCESS_TRACES_H
#define SURETY_WINDOWS_PROCESS_TRACES_H

#include "../arguments.h"

void register_process_traces(napi_env env, napi_value exports);

#endif
