/* The enrolment string where the daemon reads it, and the folder around it. */
#ifndef SURETY_SETUP_ENROLMENT_PLACE_H
#define SURETY_SETUP_ENROLMENT_PLACE_H

#include "setup.h"

/* Writes the string, whole or not at all. What was there is kept aside. */
bool write_enrolment(const wchar_t *enrolment);

/* Puts back what was there before `write_enrolment`, whether or not it was carried out. */
void restore_enrolment(void);

/* Removes what was kept aside. */
void keep_enrolment(void);

/* Removes the folder `Surety` of ProgramData with all that is in it, and no link's target. False if something stays. */
bool remove_data_folder(void);

#endif
