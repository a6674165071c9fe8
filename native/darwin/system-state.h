/* Mounts, logins, peers of a local socket, and the announcement that the daemon is ready. */
#ifndef SURETY_DARWIN_SYSTEM_STATE_H
#define SURETY_DARWIN_SYSTEM_STATE_H
#include "arguments.h"
void register_system_state(napi_env env, napi_value exports);
#endif
