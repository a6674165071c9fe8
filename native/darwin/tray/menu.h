/* The menu of a document. */
#ifndef SURETY_DARWIN_TRAY_MENU_H
#define SURETY_DARWIN_TRAY_MENU_H

#import "appkit.h"

#include "../../tray/document.h"

/* The caller releases it. The tag of an item that can be chosen is its index; `action` of `target` is sent for it. */
NSMenu *new_menu(const struct tray_document *document, id target, SEL action);

/* What the menu holds, a line for each item, indented below its menu. */
void print_menu(NSMenu *menu, const struct tray_document *document);

#endif
