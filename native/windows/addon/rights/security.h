/* Who may do what with a file, as security descriptors; flushing of folders. */
#ifndef SURETY_WINDOWS_SECURITY_H
#define SURETY_WINDOWS_SECURITY_H

#include "../arguments.h"

/*
 * Paths are those of `toNativePath`. A reparse point itself is looked at and not followed. All throw an Error with the call as its
 * code and the error of Windows in its message.
 *
 * securityRead(path) -> Uint8Array: owner and DACL as a self-relative descriptor.
 * securityWrite(path, sddl): puts the DACL of `sddl` in place of the one that is there, protected from inheritance.
 * securityMakeFolder(path, sddl), securityMakeFile(path, sddl): make what must not be there yet; nobody can open it before it has
 * these rights.
 * securityWindowsFolder() -> where Windows lies: C:\Windows.
 * securityFlushFolder(path): has the names in a folder put on disk.
 */
void register_security(napi_env env, napi_value exports);

#endif
