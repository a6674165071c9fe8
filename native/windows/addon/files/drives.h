/* Drives and mounted folders. Nothing is asked of a file system: the object and mount managers know them. */
#ifndef SURETY_WINDOWS_DRIVES_H
#define SURETY_WINDOWS_DRIVES_H

#include "../arguments.h"

/*
 * drives() -> {path, kind, device}[]: `path` is `C:\` or a folder that a volume is mounted at, `kind` what GetDriveType says,
 * `device` what the letter stands for, or the name of the volume.
 */
void register_drives(napi_env env, napi_value exports);

#endif
