/* Where a version of the daemon lies that updates brought. */
#ifndef SURETY_SERVICE_VERSION_FOLDER_H
#define SURETY_SERVICE_VERSION_FOLDER_H

#include <stdbool.h>
#include <wchar.h>

#include "service.h"

/*
 * Finds `Surety\updates\VERSION` in the folder for data of all users. The daemon has compared its files with their hashes; this looks
 * again at who could change what is started. False, with a line in the log, for what is no version, and where a folder on the way,
 * node.exe or suretyd\suretyd.mjs is missing, is a link, belongs to another user or can be written by one.
 */
bool find_version(const char *version, wchar_t folder[PATH_WORDS]);

#endif
