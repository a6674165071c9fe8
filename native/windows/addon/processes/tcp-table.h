/* Topic `tcp`: the connections of all processes. */
#ifndef SURETY_WINDOWS_TCP_TABLE_H
#define SURETY_WINDOWS_TCP_TABLE_H

#include "../arguments.h"

void register_tcp_table(napi_env env, napi_value exports);

#endif
