/* Topic `process`: what Windows tells of one process beyond its place in the list. */
#ifndef SURETY_WINDOWS_PROCESS_DETAILS_H
#define SURETY_WINDOWS_PROCESS_DETAILS_H

#include "../arguments.h"

void register_process_details(napi_env env, napi_value exports);

#endif
