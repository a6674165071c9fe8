/* Suspends processes whole, and lets them continue. */
#ifndef SURETY_DARWIN_SUSPEND_H
#define SURETY_DARWIN_SUSPEND_H
#include "arguments.h"
void register_suspend(napi_env env, napi_value exports);
#endif
