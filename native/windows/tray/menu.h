/* The menu of a document. A menu of Windows reads it to screen readers and answers to the keyboard by itself. */
#ifndef SURETY_TRAY_MENU_H
#define SURETY_TRAY_MENU_H

#include "host.h"

/* The caller destroys it. The command of an item is its index and one. NULL if Windows has no room for it. */
HMENU build_menu(const struct tray_document *document);

/* What the menu holds, read back from Windows: a line for each item, indented below its menu. */
void print_menu(HMENU menu, const struct tray_document *document);

#endif
