#include "json.h"

/* Of values that are skipped. */
#define DEPTH 16
#define HIGHEST_CHARACTER 0x10ffff
#define ELLIPSIS 0x2026

const char NOT_JSON[] = "it is not JSON";
static const char NOT_TEXT[] = "a text is not valid";
const char TOO_MUCH[] = "it has too many items";
static const char TOO_LONG[] = "a word is too long";
static const char NOT_KNOWN[] = "it has a value that is not known";
const char TWICE[] = "it has a member twice";
static const char BAD_WORD[] = "an argument has a character that is not allowed";

bool refuse(struct reader *reader, const char *wrong) {
  if (reader->wrong == NULL) reader->wrong = wrong;
  return false;
}

bool is_same(const char *left, const char *right) {
  while (*left != 0 && *left == *right) left++, right++;
  return *left == *right;
}

size_t bytes_of(const char *text) {
  size_t count = 0;
  while (text[count] != 0) count++;
  return count;
}

bool begins_with(const char *text, const char *beginning) {
  while (*beginning != 0 && *text == *beginning) text++, beginning++;
  return *beginning == 0;
}

void skip_space(struct reader *reader) {
  while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r' || *reader->at == '\n')) {
    reader->at++;
  }
}

/* Takes the character if it is the next one, after any space. */
static bool take(struct reader *reader, char wanted) {
  skip_space(reader);
  if (reader->at == reader->end || *reader->at != wanted) return false;
  reader->at++;
  return true;
}

bool expect(struct reader *reader, char wanted) { return take(reader, wanted) || refuse(reader, NOT_JSON); }

static bool take_name(struct reader *reader, const char *name) {
  const size_t length = bytes_of(name);
  skip_space(reader);
  if ((size_t)(reader->end - reader->at) < length || !begins_with(reader->at, name)) return false;
  reader->at += length;
  return true;
}

static int hexadecimal_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static bool read_hexadecimal(struct reader *reader, uint32_t *unit) {
  *unit = 0;
  for (int digit = 0; digit < 4; digit++) {
    if (reader->at == reader->end) return refuse(reader, NOT_JSON);
    const char at = *reader->at++;
    const int value = hexadecimal_value(at);
    if (value < 0) return refuse(reader, NOT_JSON);
    *unit = *unit << 4 | (uint32_t)value;
  }
  return true;
}

/* After the backslash. */
static bool read_escape(struct reader *reader, uint32_t *character) {
  static const char WRITTEN[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
  if (reader->at == reader->end) return refuse(reader, NOT_JSON);
  const char escape = *reader->at++;
  if (escape == 'u') {
    uint32_t low;
    if (!read_hexadecimal(reader, character)) return false;
    if (*character < 0xd800 || *character > 0xdfff) return true;
    if (*character > 0xdbff || reader->end - reader->at < 2 || reader->at[0] != '\\' || reader->at[1] != 'u') {
      return refuse(reader, NOT_TEXT);
    }
    reader->at += 2;
    if (!read_hexadecimal(reader, &low)) return false;
    if (low < 0xdc00 || low > 0xdfff) return refuse(reader, NOT_TEXT);
    *character = 0x10000 + ((*character - 0xd800) << 10) + (low - 0xdc00);
    return true;
  }
  for (int at = 0; WRITTEN[at] != 0; at++) {
    if (WRITTEN[at] != escape) continue;
    *character = (uint8_t)MEANT[at];
    return true;
  }
  return refuse(reader, NOT_JSON);
}

/* How many bytes of UTF-8 follow the first one of a character; -1 if none begins so. */
static int bytes_after(uint8_t first) {
  if (first < 0x80) return 0;
  if (first < 0xc2 || first > 0xf4) return -1;
  return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

/* Only the shortest form is UTF-8, and no half of a pair. */
static bool read_utf8(struct reader *reader, uint32_t *character) {
  const uint8_t first = (uint8_t)*reader->at++;
  const int more = bytes_after(first);
  static const uint32_t LEAST[4] = {0, 0x80, 0x800, 0x10000};
  if (more < 0 || reader->end - reader->at < more) return refuse(reader, NOT_TEXT);
  *character = more == 0 ? first : first & (0x3fu >> more);
  for (int at = 0; at < more; at++) {
    const uint8_t next = (uint8_t)*reader->at++;
    if ((next & 0xc0) != 0x80) return refuse(reader, NOT_TEXT);
    *character = *character << 6 | (next & 0x3f);
  }
  const bool is_half = *character >= 0xd800 && *character <= 0xdfff;
  return (*character >= LEAST[more] && *character <= HIGHEST_CHARACTER && !is_half) || refuse(reader, NOT_TEXT);
}

/* Takes the next character of a string; false at its end and at what is wrong. */
static bool read_character(struct reader *reader, uint32_t *character) {
  if (reader->at == reader->end) return refuse(reader, NOT_JSON);
  if (*reader->at == '"') {
    reader->at++;
    return false;
  }
  if (*reader->at == '\\') {
    reader->at++;
    return read_escape(reader, character);
  }
  if ((uint8_t)*reader->at < ' ') return refuse(reader, NOT_JSON);
  return read_utf8(reader, character);
}

static bool put_byte(struct reader *reader, uint32_t byte) {
  struct tray_document *document = reader->document;
  if (document->used == sizeof document->texts) return refuse(reader, TOO_MUCH);
  document->texts[document->used++] = (char)byte;
  return true;
}

static bool put_character(struct reader *reader, uint32_t character) {
  if (character < 0x80) return put_byte(reader, character);
  if (character < 0x800) return put_byte(reader, 0xc0 | character >> 6) && put_byte(reader, 0x80 | (character & 0x3f));
  if (character < 0x10000) {
    return put_byte(reader, 0xe0 | character >> 12) && put_byte(reader, 0x80 | (character >> 6 & 0x3f)) &&
           put_byte(reader, 0x80 | (character & 0x3f));
  }
  return put_byte(reader, 0xf0 | character >> 18) && put_byte(reader, 0x80 | (character >> 12 & 0x3f)) &&
         put_byte(reader, 0x80 | (character >> 6 & 0x3f)) && put_byte(reader, 0x80 | (character & 0x3f));
}

static bool is_control(uint32_t character) {
  return character < ' ' || (character >= 0x7f && character < 0xa0) || character == 0x2028 || character == 0x2029 || character == 0xfeff;
}

/* Those that turn the direction of what follows. */
static bool is_bidi_control(uint32_t character) {
  return character == 0x061c || character == 0x200e || character == 0x200f || (character >= 0x202a && character <= 0x202e) ||
         (character >= 0x2066 && character <= 0x2069);
}

/* A text for a person: without what moves or hides other text, and cut to its bound. */
bool read_text(struct reader *reader, const char **text) {
  const size_t begun = reader->document->used;
  size_t last = begun;
  uint32_t character;
  unsigned count = 0;
  if (*text != NULL) return refuse(reader, TWICE);
  if (!expect(reader, '"')) return false;
  while (read_character(reader, &character)) {
    if (is_control(character) || is_bidi_control(character)) continue;
    if (count == TRAY_TEXT_CHARACTERS - 1) last = reader->document->used;
    if (++count > TRAY_TEXT_CHARACTERS) continue;
    if (!put_character(reader, character)) return false;
  }
  if (reader->wrong != NULL) return false;
  if (count > TRAY_TEXT_CHARACTERS) {
    reader->document->used = last;
    if (!put_character(reader, ELLIPSIS)) return false;
  }
  *text = reader->document->texts + begun;
  return put_byte(reader, 0);
}

/* A word that means something to a program: it is taken as it is, or refused. */
bool read_word(struct reader *reader, const char **word, size_t most) {
  const size_t begun = reader->document->used;
  uint32_t character;
  if (*word != NULL) return refuse(reader, TWICE);
  if (!expect(reader, '"')) return false;
  while (read_character(reader, &character)) {
    if (is_control(character) || is_bidi_control(character)) return refuse(reader, BAD_WORD);
    if (!put_character(reader, character)) return false;
    if (reader->document->used - begun > most) return refuse(reader, TOO_LONG);
  }
  if (reader->wrong != NULL) return false;
  *word = reader->document->texts + begun;
  return put_byte(reader, 0);
}

static bool skip_string(struct reader *reader) {
  uint32_t character;
  if (!expect(reader, '"')) return false;
  while (read_character(reader, &character)) continue;
  return reader->wrong == NULL;
}

static bool skip_digits(struct reader *reader) {
  const char *begun = reader->at;
  while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') reader->at++;
  return reader->at > begun || refuse(reader, NOT_JSON);
}

/* Without space before it. */
static bool take_next(struct reader *reader, char wanted) {
  if (reader->at == reader->end || *reader->at != wanted) return false;
  reader->at++;
  return true;
}

static bool skip_number(struct reader *reader) {
  take_next(reader, '-');
  if (!take_next(reader, '0') && !skip_digits(reader)) return false;
  if (take_next(reader, '.') && !skip_digits(reader)) return false;
  if (!take_next(reader, 'e') && !take_next(reader, 'E')) return true;
  if (!take_next(reader, '+')) take_next(reader, '-');
  return skip_digits(reader);
}

/* A value that no host knows. */
bool skip_value(struct reader *reader, int depth) {
  skip_space(reader);
  if (depth > DEPTH || reader->at == reader->end) return refuse(reader, NOT_JSON);
  const char first = *reader->at;
  if (first == '"') return skip_string(reader);
  if (first == '{' || first == '[') {
    const char last = first == '{' ? '}' : ']';
    reader->at++;
    if (take(reader, last)) return true;
    do {
      if (first == '{' && (!skip_string(reader) || !expect(reader, ':'))) return false;
      if (!skip_value(reader, depth + 1)) return false;
    } while (take(reader, ','));
    return expect(reader, last);
  }
  if (take_name(reader, "true") || take_name(reader, "false") || take_name(reader, "null")) return true;
  return skip_number(reader);
}

bool read_boolean(struct reader *reader, int *value) {
  if (*value >= 0) return refuse(reader, TWICE);
  *value = take_name(reader, "true") ? 1 : take_name(reader, "false") ? 0 : -1;
  return *value >= 0 || refuse(reader, NOT_KNOWN);
}

/* @param value -1 before. */
bool read_choice(struct reader *reader, const char *const *names, int count, int *value) {
  const char *word = NULL;
  if (*value >= 0) return refuse(reader, TWICE);
  if (!read_word(reader, &word, TRAY_WORD_BYTES)) return false;
  for (int at = 0; at < count; at++) {
    if (is_same(word, names[at])) *value = at;
  }
  return *value >= 0 || refuse(reader, NOT_KNOWN);
}

/* The name of a member with its colon. `*name` stays until the next one. False at the end of the object, and at what is wrong. */
bool next_member(struct reader *reader, bool *is_first, const char **name) {
  if (*is_first ? take(reader, '}') : !take(reader, ',')) {
    if (!*is_first) expect(reader, '}');
    return false;
  }
  *is_first = false;
  *name = NULL;
  skip_space(reader);
  return read_word(reader, name, TRAY_WORD_BYTES) && expect(reader, ':');
}

bool next_element(struct reader *reader, bool *is_first) {
  if (*is_first ? take(reader, ']') : !take(reader, ',')) {
    if (!*is_first) expect(reader, ']');
    return false;
  }
  *is_first = false;
  return true;
}
