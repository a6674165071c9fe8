/* The properties of the package that an administrator may give: ENROLMENT, ENROLMENT_FILE, DIRECTORY_URL and TRAY. */
#ifndef SURETY_SETUP_GIVEN_H
#define SURETY_SETUP_GIVEN_H

#include "setup.h"

/*
 * Reads the enrolment string; it is empty when none was given. False if a property is wrong or given by an ordinary user; the installer was
 * told which. The caller erases the string.
 */
bool read_given(MSIHANDLE install, wchar_t enrolment[ENROLMENT_WORDS]);

/* In full the daemon alone reads it. */
bool is_enrolment(const wchar_t *text);

#endif
