/* Processes as macOS reports them. */
#ifndef SURETY_DARWIN_PROCESSES_H
#define SURETY_DARWIN_PROCESSES_H
#include "arguments.h"
void register_processes(napi_env env, napi_value exports);
#endif
