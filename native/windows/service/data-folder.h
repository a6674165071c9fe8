/* The folder for what the daemon keeps. */
#ifndef SURETY_SERVICE_DATA_FOLDER_H
#define SURETY_SERVICE_DATA_FOLDER_H

#include <stdbool.h>
#include <wchar.h>

#include "service.h"

/*
 * Makes `Surety` in the folder for data of all users, and `inner` in it unless that is NULL, for SYSTEM and Administrators. `inner` has at
 * most 40 characters. False if one of both folders belongs to another user or is a link: what the daemon keeps there could not be
 * trusted either.
 */
bool prepare_data_folder(wchar_t folder[PATH_WORDS], const wchar_t *inner);

/* Names `Surety` in the folder for data of all users, with room for 90 characters more. */
bool data_folder(wchar_t folder[PATH_WORDS]);

/* Whether a file or folder is there, is no link, and can be changed by SYSTEM, Administrators and us alone. */
bool is_ours_alone(const wchar_t *path);

#endif
