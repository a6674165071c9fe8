#include "program-filter.h"

#include <stdlib.h>
#include <string.h>

#define DELETED " (deleted)"
/* An argument may be empty, and there can be 131,072 of them. */
#define ARGUMENTS_MOST 512

void program_filter_free(struct program_filter *filter) {
  free(filter->names);
  free(filter->parts);
  free(filter->arguments);
  *filter = (struct program_filter){0};
}

static int is_name(const char *wanted, const char *name, size_t bytes) {
  const size_t length = strlen(wanted);
  if (length > 0 && wanted[length - 1] == '*') return bytes >= length - 1 && memcmp(wanted, name, length - 1) == 0;
  return bytes == length && memcmp(wanted, name, length) == 0;
}

static int has_path(const struct program_filter *filter, const char *path, size_t bytes) {
  const size_t mark = sizeof DELETED - 1;
  if (bytes >= mark && memcmp(path + bytes - mark, DELETED, mark) == 0) bytes -= mark;
  const char *slash = memrchr(path, '/', bytes);
  const char *name = slash == NULL ? path : slash + 1;
  for (const char *wanted = filter->names; *wanted != '\0'; wanted += strlen(wanted) + 1)
    if (is_name(wanted, name, bytes - (size_t)(name - path))) return 1;
  for (const char *wanted = filter->parts; *wanted != '\0'; wanted += strlen(wanted) + 1)
    if (memmem(path, bytes, wanted, strlen(wanted)) != NULL) return 1;
  return 0;
}

static int has_argument(const struct program_filter *filter, const char *arguments, size_t bytes) {
  size_t at = 0;
  for (int seen = 0; at < bytes && seen < ARGUMENTS_MOST; seen++, at += strnlen(arguments + at, bytes - at) + 1) {
    for (const char *wanted = filter->arguments; *wanted != '\0'; wanted += strlen(wanted) + 1) {
      const size_t length = strlen(wanted);
      if (bytes - at >= length && memcmp(arguments + at, wanted, length) == 0) return 1;
    }
  }
  return 0;
}

int program_filter_matches(const struct program_filter *filter, const char *path, ssize_t path_bytes,
                           const char *arguments, ssize_t arguments_bytes) {
  if (path_bytes < 0 || has_path(filter, path, (size_t)path_bytes)) return 1;
  return arguments_bytes > 0 && has_argument(filter, arguments, (size_t)arguments_bytes);
}
