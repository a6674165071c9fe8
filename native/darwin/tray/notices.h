/* Notices: each is shown once to a user, also over restarts. */
#ifndef SURETY_DARWIN_TRAY_NOTICES_H
#define SURETY_DARWIN_TRAY_NOTICES_H

#include "../../tray/document.h"

/* Shows those of the document that were not shown. macOS asks the user, or the device management answers, whether it may. */
void show_notices(const struct tray_document *document);

/* What came of an action. A later answer takes its place. */
void show_answer(const char *title, const char *text);

#endif
