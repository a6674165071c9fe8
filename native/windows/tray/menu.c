#include "menu.h"

#include <stdio.h>

/* Of a character: two words, and twice as many for `&`. */
#define LABEL_WORDS (2 * (TRAY_TEXT_CHARACTERS + 1) + 1)

/* `&` would underline the character after it. */
static void label_of(const char *text, wchar_t label[LABEL_WORDS]) {
  wchar_t plain[LABEL_WORDS];
  size_t count = 0;
  widen(text, plain, LABEL_WORDS);
  for (const wchar_t *at = plain; *at != 0 && count + 2 < LABEL_WORDS; at++) {
    if (*at == L'&') label[count++] = L'&';
    label[count++] = *at;
  }
  label[count] = 0;
}

static bool append(HMENU menu, const struct tray_document *document, uint16_t at) {
  const struct tray_item *item = &document->items[at];
  wchar_t label[LABEL_WORDS];
  if (item->kind == TRAY_SEPARATOR) return AppendMenuW(menu, MF_SEPARATOR, 0, NULL);
  label_of(item->text, label);
  if (item->kind != TRAY_MENU) {
    /* Lines that only say something stay enabled: disabled ones are pale, and screen readers pass over them. */
    return AppendMenuW(menu, MF_STRING, (UINT_PTR)at + 1, label);
  }
  HMENU inner = CreatePopupMenu();
  if (inner == NULL) return false;
  bool is_whole = true;
  for (uint16_t child = item->first_child; is_whole && child != TRAY_NOTHING; child = document->items[child].next) {
    is_whole = append(inner, document, child);
  }
  if (is_whole && AppendMenuW(menu, MF_POPUP | (item->first_child == TRAY_NOTHING ? MF_DISABLED : 0), (UINT_PTR)inner, label)) return true;
  DestroyMenu(inner);
  return false;
}

HMENU build_menu(const struct tray_document *document) {
  HMENU menu = CreatePopupMenu();
  if (menu == NULL) return NULL;
  for (uint16_t at = document->first_item; at != TRAY_NOTHING; at = document->items[at].next) {
    if (append(menu, document, at)) continue;
    DestroyMenu(menu);
    return NULL;
  }
  return menu;
}

static void print_text(const wchar_t *text) {
  char bytes[4 * LABEL_WORDS];
  if (WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL) > 0) fputs(bytes, stdout);
}

static void print_level(HMENU menu, const struct tray_document *document, int depth) {
  const int count = GetMenuItemCount(menu);
  for (int at = 0; at < count; at++) {
    wchar_t label[LABEL_WORDS] = L"";
    MENUITEMINFOW found = {.cbSize = sizeof found, .dwTypeData = label, .cch = LABEL_WORDS};
    found.fMask = MIIM_FTYPE | MIIM_ID | MIIM_STATE | MIIM_SUBMENU | MIIM_STRING;
    if (!GetMenuItemInfoW(menu, (UINT)at, TRUE, &found)) continue;
    for (int step = 0; step < depth; step++) fputs("  ", stdout);
    if (found.fType & MFT_SEPARATOR) {
      puts("---");
      continue;
    }
    const bool is_known = found.hSubMenu == NULL && found.wID > 0 && found.wID <= document->item_count;
    const struct tray_item *item = is_known ? &document->items[found.wID - 1] : NULL;
    const char *kind = item == NULL || item->kind == TRAY_TEXT ? "text: " : item->kind == TRAY_LINK ? "link: " : "action: ";
    fputs(found.hSubMenu != NULL ? "menu: " : kind, stdout);
    print_text(label);
    if (found.fState & MFS_DISABLED) fputs(" (disabled)", stdout);
    if (item != NULL && item->kind == TRAY_LINK) printf(" -> %s", item->url);
    for (uint16_t argument = 0; item != NULL && item->kind == TRAY_ACTION && argument < item->argument_count; argument++) {
      printf("%s%s", argument == 0 ? " -> surety " : " ", document->arguments[item->first_argument + argument]);
    }
    putchar('\n');
    if (found.hSubMenu != NULL) print_level(found.hSubMenu, document, depth + 1);
  }
}

void print_menu(HMENU menu, const struct tray_document *document) {
  printf("state: %s\ntitle: %s\ntooltip: %s\nvisible: %s\n", tray_state_name(document->state), document->title, document->tooltip,
         document->is_visible ? "yes" : "no");
  print_level(menu, document, 0);
}
