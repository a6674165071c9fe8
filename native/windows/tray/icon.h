/* The icon in the notification area, and what it says once. */
#ifndef SURETY_TRAY_ICON_H
#define SURETY_TRAY_ICON_H

#include "host.h"

/* The message that the icon sends to its window, as version 4 of the notification area has it. */
#define WM_TRAY_ICON (WM_APP + 1)

/*
 * Puts the icon there, or changes it.
 *
 * @return false if there is no notification area, or not yet. Windows says `TaskbarCreated` once there is one.
 */
bool show_icon(HWND window, const struct tray_document *document);

void hide_icon(HWND window);

/* The notification area is a new one: the icon is not in it. */
void forget_icon(void);

bool is_icon_shown(void);

/* Shows a notice beside the icon. Windows keeps it for later where the user does not want to be disturbed. */
bool show_notice(HWND window, const struct tray_notice *notice);

#endif
