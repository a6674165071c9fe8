/* Waits for clients of a named pipe, in a thread of its own. */
#ifndef SURETY_WINDOWS_PIPE_LISTENER_H
#define SURETY_WINDOWS_PIPE_LISTENER_H

#include "../arguments.h"

/* See pipe.h. */
napi_value pipe_listen(napi_env env, napi_callback_info info);

#endif
