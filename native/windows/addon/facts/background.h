/* Work that may take minutes or never end, such as a question to a provider of WMI: on a thread of its own, never in a pool that
   others need. It answers with a JSON text. */
#ifndef SURETY_WINDOWS_BACKGROUND_H
#define SURETY_WINDOWS_BACKGROUND_H

#include "../arguments.h"

struct text {
  wchar_t *words;
  size_t length;
  size_t room;
  /* It would have been too long, or there was no memory. */
  bool overflowed;
};

void put_plain(struct text *text, const char *plain);
void put_number(struct text *text, double number);
/* In quotes. */
void put_string(struct text *text, const wchar_t *words, size_t length);
/* A string up to its NUL; null for NULL. */
void put_wide(struct text *text, const wchar_t *words);

/* Answers 0, or the number of the error. */
typedef uint32_t (*background_work)(void *input, struct text *answer);

/* Calls `callback` later with the number of the error, 0 for none, and the text. `input` is freed with free().
   Answers undefined, or NULL when it threw. */
napi_value run_in_background(napi_env env, napi_value callback, const char *name, background_work work, void *input);

/* Of COM objects on the other side: encrypted calls with the rights of this process. Objects in this process have none. */
void use_own_rights(void *object);

#endif
