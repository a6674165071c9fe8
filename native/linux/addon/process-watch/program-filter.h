/*
 * Which programs that begin are told at once. To be woken for each would cost the loop more than most are worth: those can come
 * together.
 */
#ifndef PROGRAM_FILTER_H
#define PROGRAM_FILTER_H

#include <sys/types.h>

/* Each holds texts that end in NUL, and an empty one ends them. */
struct program_filter {
  /* Of the file that is run, without its folder; one that ends in `*` is how such a name begins. */
  char *names;
  /* Anywhere in its path. */
  char *parts;
  /* How one of the first 512 arguments begins. */
  char *arguments;
};

void program_filter_free(struct program_filter *filter);

/* Fewer than 0 bytes of the path are none known: that matches. */
int program_filter_matches(const struct program_filter *filter, const char *path, ssize_t path_bytes,
                           const char *arguments, ssize_t arguments_bytes);

#endif
