#import "menu.h"

static NSMenu *menu_of(const struct tray_document *document, uint16_t first, id target, SEL action) {
  NSMenu *menu = [NSMenu new];
  /* Else AppKit decides itself which items can be chosen. */
  [menu setAutoenablesItems:NO];
  for (uint16_t at = first; at != TRAY_NOTHING; at = document->items[at].next) {
    const struct tray_item *from = &document->items[at];
    if (from->kind == TRAY_SEPARATOR) {
      [menu addItem:[NSMenuItem separatorItem]];
      continue;
    }
    const BOOL isChosen = from->kind == TRAY_ACTION || from->kind == TRAY_LINK;
    NSString *title = [NSString stringWithUTF8String:from->text];
    NSMenuItem *item = [[NSMenuItem alloc] initWithTitle:title action:isChosen ? action : NULL keyEquivalent:@""];
    [item setTag:at];
    [item setTarget:isChosen ? target : nil];
    /* Lines that only say something stay enabled: disabled ones are pale, and keys and screen readers pass over them. */
    [item setEnabled:from->kind != TRAY_MENU || from->first_child != TRAY_NOTHING];
    if (from->kind == TRAY_MENU) {
      NSMenu *inner = menu_of(document, from->first_child, target, action);
      [item setSubmenu:inner];
      [inner release];
    }
    [menu addItem:item];
    [item release];
  }
  return menu;
}

NSMenu *new_menu(const struct tray_document *document, id target, SEL action) {
  return menu_of(document, document->first_item, target, action);
}

static void print_level(NSMenu *menu, const struct tray_document *document, int depth) {
  for (NSInteger at = 0; at < [menu numberOfItems]; at++) {
    NSMenuItem *item = [menu itemAtIndex:at];
    for (int step = 0; step < depth; step++) printf("  ");
    if ([item isSeparatorItem]) {
      puts("---");
      continue;
    }
    const struct tray_item *from = &document->items[[item tag]];
    printf("%s: %s%s", [item submenu] != nil ? "menu" : from->kind == TRAY_LINK ? "link" : from->kind == TRAY_ACTION ? "action" : "text",
           [[item title] UTF8String], [item isEnabled] ? "" : " (disabled)");
    if (from->kind == TRAY_LINK) printf(" -> %s", from->url);
    for (uint16_t argument = 0; argument < from->argument_count; argument++) {
      printf("%s%s", argument == 0 ? " -> surety " : " ", document->arguments[from->first_argument + argument]);
    }
    puts("");
    if ([item submenu] != nil) print_level([item submenu], document, depth + 1);
  }
}

void print_menu(NSMenu *menu, const struct tray_document *document) {
  printf("state: %s\ntitle: %s\ntooltip: %s\nvisible: %s\n", tray_state_name(document->state), document->title, document->tooltip,
         document->is_visible ? "yes" : "no");
  print_level(menu, document, 0);
}
