/* Topic `program`: where the file of a program lies, and which package it belongs to. */
#ifndef SURETY_WINDOWS_RESOLVE_PROGRAM_H
#define SURETY_WINDOWS_RESOLVE_PROGRAM_H

#include "../arguments.h"

void register_resolve_program(napi_env env, napi_value exports);

#endif
