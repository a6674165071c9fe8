/*
 * Reads documents as the tray hosts do. Standard input: a length of four bytes, least first, then so many bytes, and again. Standard
 * output: a line of JSON for each, what is wrong or what was read.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "document.h"

static const char *const KINDS[] = {"text", "separator", "menu", "action", "link"};

/* Texts hold no control characters, so two need an escape. */
static void print_text(const char *text) {
  putchar('"');
  for (const char *at = text; *at != 0; at++) {
    if (*at == '"' || *at == '\\') putchar('\\');
    putchar(*at);
  }
  putchar('"');
}

static void print_items(const struct tray_document *document, uint16_t first) {
  putchar('[');
  for (uint16_t at = first; at != TRAY_NOTHING; at = document->items[at].next) {
    const struct tray_item *item = &document->items[at];
    printf("%s{\"type\":\"%s\"", at == first ? "" : ",", KINDS[item->kind]);
    if (item->text != NULL) {
      printf(",\"text\":");
      print_text(item->text);
    }
    if (item->url != NULL) {
      printf(",\"url\":");
      print_text(item->url);
    }
    if (item->kind == TRAY_MENU) {
      printf(",\"items\":");
      print_items(document, item->first_child);
    }
    if (item->argument_count > 0) printf(",\"arguments\":[");
    for (uint16_t argument = 0; argument < item->argument_count; argument++) {
      if (argument > 0) putchar(',');
      print_text(document->arguments[item->first_argument + argument]);
    }
    printf("%s}", item->argument_count > 0 ? "]" : "");
  }
  putchar(']');
}

static void print_document(const struct tray_document *document) {
  printf("{\"state\":\"%s\",\"title\":", tray_state_name(document->state));
  print_text(document->title);
  printf(",\"tooltip\":");
  print_text(document->tooltip);
  printf(",\"visible\":%s,\"items\":", document->is_visible ? "true" : "false");
  print_items(document, document->first_item);
  printf(",\"notices\":[");
  for (uint16_t at = 0; at < document->notice_count; at++) {
    const struct tray_notice *notice = &document->notices[at];
    printf("%s{\"id\":", at == 0 ? "" : ",");
    print_text(notice->id);
    printf(",\"title\":");
    print_text(notice->title);
    printf(",\"text\":");
    print_text(notice->text);
    printf(",\"urgency\":\"%s\"}", notice->is_critical ? "critical" : "normal");
  }
  printf("]}\n");
}

int main(void) {
  uint32_t length;
  struct tray_document *document = malloc(sizeof *document);
  while (fread(&length, sizeof length, 1, stdin) == 1) {
    /* Of this very size, so that a read behind it is found. */
    char *line = malloc(length);
    if (document == NULL || (line == NULL && length > 0) || fread(line, 1, length, stdin) != length) return 1;
    const char *wrong = read_tray_document(line, length, document);
    if (wrong != NULL) printf("{\"wrong\":\"%s\"}\n", wrong);
    else print_document(document);
    free(line);
  }
  free(document);
  return 0;
}
