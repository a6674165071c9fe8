/* The window that owns the icon. Nobody sees it. */
#ifndef SURETY_TRAY_WINDOW_H
#define SURETY_TRAY_WINDOW_H

#include "host.h"

/* Runs until the session ends or the window is closed. @return the exit code. */
int run_window(const wchar_t *folder);

#endif
