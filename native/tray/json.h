/* JSON for documents of known members: what a value means is decided while it is read, and texts are kept in the document. */
#ifndef SURETY_TRAY_JSON_H
#define SURETY_TRAY_JSON_H

#include "document.h"

extern const char NOT_JSON[], TOO_MUCH[], TWICE[];

struct reader {
  const char *at, *end;
  struct tray_document *document;
  /* The first thing that is wrong. */
  const char *wrong;
};

/* Keeps the first thing that is wrong. @return false */
bool refuse(struct reader *reader, const char *wrong);

bool is_same(const char *left, const char *right);
bool begins_with(const char *text, const char *beginning);
size_t bytes_of(const char *text);

void skip_space(struct reader *reader);
/* Takes this character, after any space. */
bool expect(struct reader *reader, char wanted);

/* A text for a person: without what moves or hides other text, and cut to its bound. */
bool read_text(struct reader *reader, const char **text);
/* A word that means something to a program: it is taken as it is, or refused. */
bool read_word(struct reader *reader, const char **word, size_t most);
/* @param value -1 before; then the place of the word among `names`. */
bool read_choice(struct reader *reader, const char *const *names, int count, int *value);
/* @param value -1 before. */
bool read_boolean(struct reader *reader, int *value);
/* A value that no host knows. */
bool skip_value(struct reader *reader, int depth);

/* The name of a member with its colon. False at the end of the object, and at what is wrong. */
bool next_member(struct reader *reader, bool *is_first, const char **name);
/* False at the end of the array, and at what is wrong. */
bool next_element(struct reader *reader, bool *is_first);

#endif
