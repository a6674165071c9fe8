/* What the clients of AI agents read from their hooks: what standard output, standard error and the exit code mean to each. */
#ifndef DIALECTS_H
#define DIALECTS_H

#include <stddef.h>

/* Every client takes this exit code for a no, whatever is on standard output. */
#define EXIT_BLOCKS 2

struct dialect {
  const char *client;
  /* JSON around the reason of a no. NULL: the reason goes to standard error, and the exit code says no. */
  const char *before_reason, *after_reason;
  /* A yes on standard output; none where silence is a yes. */
  const char *allow;
};

/* NULL for an unknown client. */
const struct dialect *dialect_of(const char *client);

/* All names with a space between them, for the usage. */
void print_clients(int fd);

/*
 * These return the exit code. What cannot be written, for any reason, is a no: silence with exit code 0 would be a yes.
 * `reason` needs no escapes in JSON.
 */
int say_no(const struct dialect *dialect, const char *reason);
int say_yes(const struct dialect *dialect);
int say_answer(int code, const char *output, size_t output_bytes, const char *error, size_t error_bytes);

/* 0, or -1 when it cannot be written. */
int say_progress(const char *text, size_t bytes);

#endif
