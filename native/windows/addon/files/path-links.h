/* Follows a path of a local drive folder by folder, with every handle kept, so that nothing changes on the way. */
#ifndef SURETY_WINDOWS_PATH_LINKS_H
#define SURETY_WINDOWS_PATH_LINKS_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

#include "../arguments.h"

#define MAX_DEPTH 128

struct followed {
  /* The root of the drive, then each folder, then the file. */
  HANDLE handles[MAX_DEPTH];
  uint32_t depth;
  wchar_t path[MAX_PATH_WORDS];
};

/*
 * Links and mounted folders are followed on local drives alone: asking another computer may take for ever, and tells it who we are.
 *
 * @param path `C:\x` without a prefix.
 * @returns false when it is not there, or leads to another computer; `followed` then holds no handles.
 */
bool follow_links(const wchar_t *path, struct followed *followed);
void close_followed(struct followed *followed);

/* Opens a plain file in that folder for reading. NULL when it is not there, is a link, or lies in a cloud and not on the disk. */
HANDLE open_plain_file(HANDLE folder, const wchar_t *name);

#endif
