#include "document.h"

#define HIGHEST_CHARACTER 0x10ffff

static const char *const STATE_NAMES[TRAY_STATES] = {"ok", "attention", "stopped", "not-enrolled", "pending", "unreachable"};
static const char *const KIND_NAMES[TRAY_KINDS] = {"text", "separator", "menu", "action", "link"};
static const char *const VISIBILITIES[] = {"hidden", "visible"};
static const char *const URGENCIES[] = {"normal", "critical"};
static const char *const FORMATS[] = {"surety/tray-line@1"};

static const char NOT_TEXT[] = "a text is not valid";
static const char NOT_KNOWN[] = "it has a value that is not known";
static const char TOO_LONG[] = "a text is too long";
static const char TOO_MUCH[] = "it has too many items";
static const char INCOMPLETE[] = "a field is missing";
static const char BAD_URL[] = "a link leads to another place than https or mailto";

struct reader {
  /* The next field, behind `end` after the last one. */
  char *at, *end;
  struct tray_document *document;
  /* The first thing that is wrong. */
  const char *wrong;
};

static void refuse(struct reader *reader, const char *wrong) {
  if (reader->wrong == NULL) reader->wrong = wrong;
}

/* The character at `*at`, which moves behind it. -1 for what is not UTF-8 in its shortest form, or half of a pair. */
static int32_t next_character(char **at, const char *end) {
  static const int32_t LEAST[] = {0, 0x80, 0x800, 0x10000};
  const uint8_t first = (uint8_t)*(*at)++;
  const int more = first < 0x80 ? 0 : first < 0xc0 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : -1;
  if (more < 0 || end - *at < more) return -1;
  int32_t character = more == 0 ? first : first & (0x3f >> more);
  for (int left = more; left > 0; left--) {
    const uint8_t next = (uint8_t)*(*at)++;
    if ((next & 0xc0) != 0x80) return -1;
    character = character << 6 | (next & 0x3f);
  }
  const bool is_half = character >= 0xd800 && character <= 0xdfff;
  return is_half || character < LEAST[more] || character > HIGHEST_CHARACTER ? -1 : character;
}

/* What moves or hides other text: controls, ends of lines, and those that turn the direction of what follows. */
static bool is_control(int32_t character) {
  return character < ' ' || (character >= 0x7f && character < 0xa0) || character == 0x061c || character == 0x200e ||
         character == 0x200f || (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069) ||
         character == 0xfeff;
}

/* Empty once something is wrong. */
static const char *next_field(struct reader *reader, ptrdiff_t most) {
  char *const field = reader->at, *at = field;
  if (field > reader->end) refuse(reader, INCOMPLETE);
  while (reader->wrong == NULL && at < reader->end && *at != '\t') {
    if (is_control(next_character(&at, reader->end))) refuse(reader, NOT_TEXT);
    if (at - field > most) refuse(reader, TOO_LONG);
  }
  if (reader->wrong != NULL) return "";
  *at = 0;
  reader->at = at + 1;
  return field;
}

static bool is_same(const char *left, const char *right) {
  while (*left != 0 && *left == *right) left++, right++;
  return *left == *right;
}

static int next_choice(struct reader *reader, const char *const *names, int count) {
  const char *word = next_field(reader, TRAY_WORD_BYTES);
  for (int at = 0; at < count; at++) {
    if (is_same(word, names[at])) return at;
  }
  refuse(reader, NOT_KNOWN);
  return 0;
}

static uint16_t next_count(struct reader *reader, uint16_t most) {
  const char *digits = next_field(reader, TRAY_WORD_BYTES);
  uint16_t count = 0;
  if (*digits == 0) refuse(reader, NOT_KNOWN);
  for (; *digits >= '0' && *digits <= '9' && count <= most; digits++) count = (uint16_t)(10 * count + (*digits - '0'));
  if (count > most) refuse(reader, TOO_MUCH);
  else if (*digits != 0) refuse(reader, NOT_KNOWN);
  return reader->wrong == NULL ? count : 0;
}

static const char *after(const char *text, const char *beginning) {
  while (*beginning != 0 && *text == *beginning) text++, beginning++;
  return *beginning == 0 ? text : "";
}

/* As it may be handed to the system: it decides by the beginning which program opens it. */
static const char *next_url(struct reader *reader) {
  const char *url = next_field(reader, TRAY_WORD_BYTES);
  if (*after(url, "https://") == 0 && *after(url, "mailto:") == 0) refuse(reader, BAD_URL);
  for (const char *at = url; *at != 0; at++) {
    const bool is_plain = *at > ' ' && *at < 0x7f;
    if (!is_plain || *at == '"' || *at == '<' || *at == '>' || *at == '\\' || *at == '^' || *at == '`' || *at == '|') refuse(reader, BAD_URL);
  }
  return url;
}

static void read_arguments(struct reader *reader, struct tray_item *item) {
  struct tray_document *document = reader->document;
  item->first_argument = document->argument_count;
  item->argument_count = next_count(reader, TRAY_ITEM_ARGUMENTS);
  if (item->argument_count == 0) refuse(reader, INCOMPLETE);
  for (uint16_t left = item->argument_count; left > 0 && reader->wrong == NULL; left--) {
    if (document->argument_count == TRAY_ARGUMENTS) refuse(reader, TOO_MUCH);
    else document->arguments[document->argument_count++] = next_field(reader, TRAY_WORD_BYTES);
  }
}

/* @return the index of the first. */
static uint16_t read_items(struct reader *reader, int depth) {
  struct tray_document *document = reader->document;
  uint16_t first = TRAY_NOTHING, *link = &first;
  if (depth > TRAY_MENU_DEPTH) refuse(reader, TOO_MUCH);
  for (uint16_t left = next_count(reader, TRAY_MENU_ITEMS); left > 0 && reader->wrong == NULL; left--) {
    if (document->item_count == TRAY_ITEMS) {
      refuse(reader, TOO_MUCH);
      break;
    }
    const uint16_t at = document->item_count++;
    struct tray_item *item = &document->items[at];
    *item = (struct tray_item){.first_child = TRAY_NOTHING, .next = TRAY_NOTHING};
    *link = at;
    link = &item->next;
    item->kind = (enum tray_kind)next_choice(reader, KIND_NAMES, TRAY_KINDS);
    if (item->kind != TRAY_SEPARATOR) item->text = next_field(reader, TRAY_TEXT_BYTES);
    if (item->kind == TRAY_MENU) item->first_child = read_items(reader, depth + 1);
    if (item->kind == TRAY_ACTION) read_arguments(reader, item);
    if (item->kind == TRAY_LINK) item->url = next_url(reader);
  }
  return first;
}

static void read_notices(struct reader *reader) {
  struct tray_document *document = reader->document;
  document->notice_count = next_count(reader, TRAY_NOTICES);
  for (uint16_t at = 0; at < document->notice_count; at++) {
    struct tray_notice *notice = &document->notices[at];
    notice->is_critical = next_choice(reader, URGENCIES, 2) == 1;
    notice->id = next_field(reader, TRAY_WORD_BYTES);
    notice->title = next_field(reader, TRAY_TEXT_BYTES);
    notice->text = next_field(reader, TRAY_TEXT_BYTES);
    if (*notice->id == 0) refuse(reader, INCOMPLETE);
  }
}

const char *read_tray_document(const char *line, size_t length, struct tray_document *document) {
  struct reader reader = {document->texts, document->texts + length, document, NULL};
  if (length > TRAY_LINE_BYTES) return "it is too long";
  for (size_t at = 0; at < length; at++) document->texts[at] = line[at];
  document->item_count = document->argument_count = 0;
  next_choice(&reader, FORMATS, 1);
  document->state = (enum tray_state)next_choice(&reader, STATE_NAMES, TRAY_STATES);
  document->is_visible = next_choice(&reader, VISIBILITIES, 2) == 1;
  document->title = next_field(&reader, TRAY_TEXT_BYTES);
  document->tooltip = next_field(&reader, TRAY_TEXT_BYTES);
  document->first_item = read_items(&reader, 1);
  read_notices(&reader);
  if (reader.wrong == NULL && reader.at <= reader.end) return "it has something after its end";
  return reader.wrong;
}

void make_unreadable(struct tray_document *document, const char *why, bool is_visible) {
  static const char *const LINES[] = {"The state of this device is not known", "Surety's answer cannot be read: "};
  size_t length = 0;
  for (const char *at = LINES[1]; *at != 0; at++) document->texts[length++] = *at;
  for (; *why != 0 && length < TRAY_TEXT_BYTES; why++) document->texts[length++] = *why;
  document->texts[length] = 0;
  document->state = TRAY_UNREACHABLE;
  document->is_visible = is_visible;
  document->title = "Surety: unknown";
  document->tooltip = "Surety: the state of this device is not known";
  document->argument_count = document->notice_count = document->first_item = 0;
  document->item_count = 2;
  document->items[0] = (struct tray_item){.text = LINES[0], .first_child = TRAY_NOTHING, .next = 1};
  document->items[1] = (struct tray_item){.text = document->texts, .first_child = TRAY_NOTHING, .next = TRAY_NOTHING};
}

const char *tray_state_name(enum tray_state state) { return STATE_NAMES[state]; }
