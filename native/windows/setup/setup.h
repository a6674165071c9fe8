/*
 * surety-setup: what the package for Windows Installer does beyond its tables. The package holds this library and runs it from there;
 * it is never installed. The names of its functions are in setup.def, and installers/windows/sequences.ts says when each runs.
 */
#ifndef SURETY_SETUP_H
#define SURETY_SETUP_H

#include <windows.h>

#include <msi.h>
#include <msiquery.h>
#include <stdbool.h>

/* Enrolment strings have at most 2,800 characters. */
#define ENROLMENT_WORDS 4096

/* Tells the installer why it must end: in its log, and to a person who sees its windows. Never with a secret. @return false. */
bool refuse(MSIHANDLE install, const wchar_t *text);

#endif
