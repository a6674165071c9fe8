/* Named pipes: the local socket of Windows. */
#ifndef SURETY_WINDOWS_PIPE_H
#define SURETY_WINDOWS_PIPE_H

#include <windows.h>

#include "../arguments.h"

/* Longest name of a pipe, with `\\.\pipe\` and NUL. */
#define PIPE_NAME_WORDS 257

/* A descriptor of Node's own C library for `handle`, which it closes then; -1 when there is no room for more. Of node.exe. */
__declspec(dllimport) int uv_open_osfhandle(HANDLE handle);

/*
 * pipeListen(name, security, callback) -> {close()} or a Win32 error. `security` is in SDDL. The callback gets (descriptor, handle)
 * of each connection, or (-1, error) once when no further instance can be made; it is tried again until `close`.
 * pipeClient(handle) -> {pid, process, userId?, isAdministrator?}: the process that connected, without `userId` when its token
 * cannot be read. `process` is 0 or a handle for `pipeClientEnded` and `pipeClientClose`. A Win32 error when nobody is known.
 * pipePeer(handle) -> {userId, isAdministrator} of the client's token. It must have been read from the pipe before. Else a Win32 error.
 * pipeOpen(name) -> {descriptor, owner} or a Win32 error. The server can identify us and no more. `owner` is a SID.
 */
void register_pipe(napi_env env, napi_value exports);

#endif
