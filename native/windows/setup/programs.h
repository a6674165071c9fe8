/* Programs of the package that people have running. */
#ifndef SURETY_SETUP_PROGRAMS_H
#define SURETY_SETUP_PROGRAMS_H

#include "setup.h"

/*
 * Ends all programs of all users whose file lies in the folder, which ends with a backslash: the tray of each session, and commands. False
 * if one is still there.
 */
bool end_programs(const wchar_t *folder);

/* Starts a program once for each user who is logged in, with the rights of that user. */
void start_for_users(const wchar_t *program);

#endif
