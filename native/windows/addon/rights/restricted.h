/* A child with fewer rights than ours: the reader of a home. */
#ifndef SURETY_WINDOWS_RESTRICTED_H
#define SURETY_WINDOWS_RESTRICTED_H

#include "../arguments.h"

/*
 * restrictedStart(session, application, commandLine, memoryBytes, callback) -> {pid, stdin, stdout, kill()} or a Win32 error. The
 * child has the token of the person who logged on to `session`, or our own for -1; without the membership in Administrators, without
 * privileges, in a job that ends with us, alone in it, with as much memory and a few variables. `stdin` and `stdout` are
 * descriptors. The callback gets the exit code.
 * restrictedSessions() -> {session, userId}[] of those whose token we can have: only as LocalSystem.
 * restrictedEnter() -> {userId, isAdministrator, privileges, integrity}: gives up all privileges of this process and lowers its
 * integrity, then says what is left. For good.
 */
void register_restricted(napi_env env, napi_value exports);

#endif
