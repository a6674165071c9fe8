/* Files of others: opened beside a folder that is open, never through a link, and no policy. */
#ifndef SURETY_WINDOWS_FILES_H
#define SURETY_WINDOWS_FILES_H

#include <stdint.h>

/* For what a file is opened. */
enum { OPEN_FOLDER, OPEN_TO_LOOK, OPEN_TO_READ, OPEN_TO_KEEP, OPEN_MODES };

/* What `file_open` tells of what it opened. Times are milliseconds since 1970; FILE_SIZE has 53 bits. */
enum { ATTRIBUTES, REPARSE_TAG, FILE_SIZE, MODIFIED_MS, DEVICE_KIND, DEVICE_FLAGS, FILE_NUMBERS };

/* A handle, or an error code of Windows below zero. `folder` 0: `name` is `\??\C:\`. */
double file_open(double folder, const uint16_t *name, uint32_t characters, uint32_t mode, double numbers[FILE_NUMBERS]);

/* Bytes, 0 at the end, or an error code below zero. */
double file_read(double handle, double offset, uint8_t *bytes, uint32_t length);

/* FILE_FULL_DIR_INFORMATION one behind the other: how many bytes, 0 behind the last, or an error code below zero. */
double file_list(double handle, int restart, uint8_t *bytes, uint32_t length);

/* Owner and access list as a self-relative descriptor: how many bytes, or an error code below zero. */
double file_security(double handle, uint8_t *bytes, uint32_t length);

/* Where it lies now, as `\\?\C:\…`: how many characters of UTF-16, or an error code below zero. */
double file_path(double handle, uint16_t *text, uint32_t characters);

void file_close(double handle);

#endif
