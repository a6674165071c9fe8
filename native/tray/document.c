#include "document.h"

#include "json.h"

static const char *const STATE_NAMES[TRAY_STATES] = {"ok", "attention", "stopped", "not-enrolled", "pending", "unreachable"};
static const char *const KIND_NAMES[TRAY_KINDS] = {"text", "separator", "menu", "action", "link"};

static const char INCOMPLETE[] = "a member is missing";
static const char BAD_URL[] = "a link leads to another place than https or mailto";

/* As it may be handed to the system: it decides by the beginning which program opens it. */
static bool is_allowed_url(const char *url) {
  const bool is_web = begins_with(url, "https://") && bytes_of(url) > sizeof "https://" - 1;
  const bool is_mail = begins_with(url, "mailto:") && bytes_of(url) > sizeof "mailto:" - 1;
  for (const char *at = url; *at != 0; at++) {
    if (*at <= ' ' || *at >= 0x7f || *at == '"' || *at == '<' || *at == '>' || *at == '\\' || *at == '^' || *at == '`' || *at == '|') {
      return false;
    }
  }
  return is_web || is_mail;
}

static bool read_arguments(struct reader *reader, struct tray_item *item) {
  struct tray_document *document = reader->document;
  bool is_first = true;
  if (item->argument_count > 0) return refuse(reader, TWICE);
  item->first_argument = document->argument_count;
  if (!expect(reader, '[')) return false;
  while (next_element(reader, &is_first)) {
    if (document->argument_count == TRAY_ARGUMENTS || item->argument_count == TRAY_ITEM_ARGUMENTS) return refuse(reader, TOO_MUCH);
    const char **argument = &document->arguments[document->argument_count++];
    *argument = NULL;
    item->argument_count++;
    if (!read_word(reader, argument, TRAY_WORD_BYTES)) return false;
  }
  return reader->wrong == NULL;
}

static bool read_items(struct reader *reader, uint16_t *first, int depth);

/* Each kind has its own members, and no others that mean something. */
static bool is_whole(const struct tray_item *item, int kind, bool has_items) {
  if (kind == TRAY_SEPARATOR) return true;
  if (item->text == NULL) return false;
  if (kind == TRAY_MENU) return has_items;
  if (kind == TRAY_ACTION) return item->argument_count > 0;
  return kind != TRAY_LINK || item->url != NULL;
}

static bool read_item(struct reader *reader, struct tray_item *item, int depth) {
  const char *name;
  int kind = -1;
  bool is_first = true, has_items = false;
  if (!expect(reader, '{')) return false;
  while (next_member(reader, &is_first, &name)) {
    bool is_read;
    if (is_same(name, "type")) {
      is_read = read_choice(reader, KIND_NAMES, TRAY_KINDS, &kind);
    } else if (is_same(name, "text")) {
      is_read = read_text(reader, &item->text);
    } else if (is_same(name, "url")) {
      is_read = read_word(reader, &item->url, TRAY_WORD_BYTES) && (is_allowed_url(item->url) || refuse(reader, BAD_URL));
    } else if (is_same(name, "arguments")) {
      is_read = read_arguments(reader, item);
    } else if (is_same(name, "items")) {
      is_read = has_items ? refuse(reader, TWICE) : read_items(reader, &item->first_child, depth + 1);
      has_items = true;
    } else {
      is_read = skip_value(reader, 0);
    }
    if (!is_read) return false;
  }
  if (reader->wrong != NULL) return false;
  if (kind < 0 || !is_whole(item, kind, has_items)) return refuse(reader, INCOMPLETE);
  item->kind = (enum tray_kind)kind;
  return true;
}

static bool read_items(struct reader *reader, uint16_t *first, int depth) {
  struct tray_document *document = reader->document;
  uint16_t *link = first;
  int count = 0;
  bool is_first = true;
  if (depth > TRAY_MENU_DEPTH) return refuse(reader, TOO_MUCH);
  if (!expect(reader, '[')) return false;
  while (next_element(reader, &is_first)) {
    if (++count > TRAY_MENU_ITEMS || document->item_count == TRAY_ITEMS) return refuse(reader, TOO_MUCH);
    const uint16_t at = document->item_count++;
    document->items[at] = (struct tray_item){TRAY_TEXT, NULL, NULL, 0, 0, TRAY_NOTHING, TRAY_NOTHING};
    *link = at;
    link = &document->items[at].next;
    if (!read_item(reader, &document->items[at], depth)) return false;
  }
  return reader->wrong == NULL;
}

static bool read_notice(struct reader *reader, struct tray_notice *notice) {
  static const char *const URGENCIES[] = {"normal", "critical"};
  const char *name;
  int urgency = -1;
  bool is_first = true;
  *notice = (struct tray_notice){NULL, NULL, NULL, false};
  if (!expect(reader, '{')) return false;
  while (next_member(reader, &is_first, &name)) {
    bool is_read;
    if (is_same(name, "id")) {
      is_read = read_word(reader, &notice->id, TRAY_WORD_BYTES);
    } else if (is_same(name, "title")) {
      is_read = read_text(reader, &notice->title);
    } else if (is_same(name, "text")) {
      is_read = read_text(reader, &notice->text);
    } else if (is_same(name, "urgency")) {
      is_read = read_choice(reader, URGENCIES, 2, &urgency);
    } else {
      is_read = skip_value(reader, 0);
    }
    if (!is_read) return false;
  }
  if (reader->wrong != NULL) return false;
  notice->is_critical = urgency == 1;
  const bool is_whole = notice->id != NULL && *notice->id != 0 && notice->title != NULL && notice->text != NULL && urgency >= 0;
  return is_whole || refuse(reader, INCOMPLETE);
}

static bool read_notices(struct reader *reader) {
  struct tray_document *document = reader->document;
  bool is_first = true;
  if (!expect(reader, '[')) return false;
  while (next_element(reader, &is_first)) {
    if (document->notice_count == TRAY_NOTICES) return refuse(reader, TOO_MUCH);
    if (!read_notice(reader, &document->notices[document->notice_count++])) return false;
  }
  return reader->wrong == NULL;
}

static bool read_document(struct reader *reader) {
  static const char *const SCHEMAS[] = {"surety/tray@1"};
  struct tray_document *document = reader->document;
  const char *name;
  int schema = -1, state = -1, visible = -1;
  bool is_first = true, has_items = false, has_notices = false;
  if (!expect(reader, '{')) return false;
  while (next_member(reader, &is_first, &name)) {
    bool is_read;
    if (is_same(name, "schema")) {
      is_read = read_choice(reader, SCHEMAS, 1, &schema);
    } else if (is_same(name, "state")) {
      is_read = read_choice(reader, STATE_NAMES, TRAY_STATES, &state);
    } else if (is_same(name, "title")) {
      is_read = read_text(reader, &document->title);
    } else if (is_same(name, "tooltip")) {
      is_read = read_text(reader, &document->tooltip);
    } else if (is_same(name, "visible")) {
      is_read = read_boolean(reader, &visible);
    } else if (is_same(name, "items")) {
      is_read = has_items ? refuse(reader, TWICE) : read_items(reader, &document->first_item, 1);
      has_items = true;
    } else if (is_same(name, "notices")) {
      is_read = has_notices ? refuse(reader, TWICE) : read_notices(reader);
      has_notices = true;
    } else {
      is_read = skip_value(reader, 0);
    }
    if (!is_read) return false;
  }
  if (reader->wrong != NULL) return false;
  skip_space(reader);
  if (reader->at != reader->end) return refuse(reader, NOT_JSON);
  if (schema < 0 || state < 0 || visible < 0 || !has_items || document->title == NULL || document->tooltip == NULL) {
    return refuse(reader, INCOMPLETE);
  }
  document->state = (enum tray_state)state;
  document->is_visible = visible == 1;
  return true;
}

const char *read_tray_document(const char *line, size_t length, struct tray_document *document) {
  struct reader reader = {line, line + length, document, NULL};
  document->title = document->tooltip = NULL;
  document->first_item = TRAY_NOTHING;
  document->item_count = document->argument_count = document->notice_count = 0;
  document->used = 0;
  if (length > TRAY_LINE_BYTES) return "it is too long";
  read_document(&reader);
  return reader.wrong;
}

const char *tray_state_name(enum tray_state state) { return STATE_NAMES[state]; }
