/* What the parts of the tray host share. */
#ifndef SURETY_TRAY_HOST_H
#define SURETY_TRAY_HOST_H

#include <windows.h>

#include <stdbool.h>
#include <stddef.h>

#include "../../tray/document.h"

/* Words of a path, with its NUL. */
#define PATH_WORDS 1024

/*
 * UTF-8 as Windows wants it. What does not fit in `words`, with its NUL, is left out, and no character is cut in half.
 *
 * @return how many words were written before the NUL.
 */
size_t widen(const char *text, wchar_t *wide, size_t words);

#endif
