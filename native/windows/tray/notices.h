/* Notices: each is shown once to a user, also over restarts. */
#ifndef SURETY_TRAY_NOTICES_H
#define SURETY_TRAY_NOTICES_H

#include "host.h"

/* The first notice of the document that was not shown. NULL if there is none. */
const struct tray_notice *next_notice(const struct tray_document *document);

/* Keeps the id in `HKEY_CURRENT_USER\Software\Surety\Tray`, with the 99 before it. */
void keep_as_shown(const struct tray_notice *notice);

#endif
