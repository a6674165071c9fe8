/* The file that ENROLMENT_FILE names. */
#ifndef SURETY_SETUP_ENROLMENT_FILE_H
#define SURETY_SETUP_ENROLMENT_FILE_H

#include "../service/service.h"
#include "setup.h"

/*
 * Reads a file with the rights of the person who installs. It is UTF-8 or, as PowerShell writes it, UTF-16 with a byte order mark.
 * No part of its path may be a link: another user could turn it to a string of their own.
 *
 * @return NULL, or what is wrong with the file, as the rest of a sentence.
 */
const wchar_t *read_enrolment_file(const wchar_t *path, wchar_t text[ENROLMENT_WORDS]);

#endif
