/* Runs an action, and says what came of it. */
#ifndef SURETY_TRAY_ANSWER_H
#define SURETY_TRAY_ANSWER_H

#include "host.h"

/* `lparam` is a struct answer that the window frees. */
#define WM_TRAY_ANSWER (WM_APP + 3)

#define ANSWER_TITLE_BYTES (TRAY_TEXT_BYTES + 1)
/* More than a notice of Windows holds. */
#define ANSWER_TEXT_BYTES 1024

/* UTF-8 in one line. Empty if nothing was printed. */
struct answer {
  char title[ANSWER_TITLE_BYTES], text[ANSWER_TEXT_BYTES];
};

/* Runs `surety` with the arguments of the item, without waiting. Its window gets the answer. */
void run_action(HWND window, const wchar_t *folder, const struct tray_document *document, const struct tray_item *item);

#endif
