/*
 * The document that `surety tray --format lines --watch` prints, one on each line, for the hosts on Windows and macOS. It is written by
 * src/cli/tray/tray-formats.ts: fields with a tab between them, in UTF-8 and without control characters.
 *
 *   surety/tray-line@1 STATE visible|hidden TITLE TOOLTIP ITEMS NOTICES
 *   ITEMS: their number, then each: text TEXT | separator | menu TEXT ITEMS | action TEXT ARGUMENTS | link TEXT URL
 *   ARGUMENTS: their number, then each
 *   NOTICES: their number, then each: normal|critical ID TITLE TEXT
 *
 * A host trusts nothing that it shows, so all bounds are checked here. No function of any system is called, so that every host can use
 * it.
 */
#ifndef SURETY_TRAY_DOCUMENT_H
#define SURETY_TRAY_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAY_LINE_BYTES (512 * 1024)
/* Of a text that a person reads. */
#define TRAY_TEXT_CHARACTERS 120
#define TRAY_TEXT_BYTES (4 * TRAY_TEXT_CHARACTERS)
/* Of an argument, an id or a URL. */
#define TRAY_WORD_BYTES 1024
#define TRAY_MENU_ITEMS 40
#define TRAY_MENU_DEPTH 4
#define TRAY_NOTICES 16
#define TRAY_ITEM_ARGUMENTS 16
/* Of the whole document. */
#define TRAY_ITEMS 4096
#define TRAY_ARGUMENTS 4096

#define TRAY_NOTHING UINT16_MAX

enum tray_state { TRAY_OK, TRAY_ATTENTION, TRAY_STOPPED, TRAY_NOT_ENROLLED, TRAY_PENDING, TRAY_UNREACHABLE, TRAY_STATES };
enum tray_kind { TRAY_TEXT, TRAY_SEPARATOR, TRAY_MENU, TRAY_ACTION, TRAY_LINK, TRAY_KINDS };

/* All texts are UTF-8, and end in a NUL. */
struct tray_item {
  enum tray_kind kind;
  const char *text;
  /* Only https and mailto. */
  const char *url;
  uint16_t first_argument, argument_count;
  /* Indexes of items, or TRAY_NOTHING. */
  uint16_t first_child, next;
};

struct tray_notice {
  const char *id, *title, *text;
  bool is_critical;
};

struct tray_document {
  enum tray_state state;
  const char *title, *tooltip;
  bool is_visible;
  uint16_t first_item, item_count, argument_count, notice_count;
  struct tray_item items[TRAY_ITEMS];
  const char *arguments[TRAY_ARGUMENTS];
  struct tray_notice notices[TRAY_NOTICES];
  /* The line, with a NUL behind each field. */
  char texts[TRAY_LINE_BYTES + 1];
};

/*
 * Reads one line. It is taken whole or not at all.
 *
 * @return NULL, or what is wrong with it, in English.
 */
const char *read_tray_document(const char *line, size_t length, struct tray_document *document);

/*
 * What a host shows while there is no document that it can read: an old state would look like the present one.
 *
 * @param why a literal.
 */
void make_unreadable(struct tray_document *document, const char *why, bool is_visible);

/* The name of a state, as the document has it. */
const char *tray_state_name(enum tray_state state);

#endif
