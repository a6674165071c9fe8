/* surety-tray: the icon in the menu bar of macOS. With --print-menu it prints the menu that it would have now, and ends. */
#import "answer.h"
#import "appkit.h"
#import "feed.h"
#import "menu.h"
#import "notices.h"

#define BUNDLE @"org.surety.tray"
#define ICON_POINTS 18

@interface Host : NSObject {
  NSStatusItem *_item;
  struct tray_document *_document, *_newest;
  BOOL _isOpen;
}
- (void)heard:(struct tray_document *)document;
@end

static Host *host;
static Feed *feed;
static BOOL is_printing;

@implementation Host

- (void)showIcon {
  /* Each shape once: a shield with a tick, an exclamation mark, pause bars, a question mark. */
  static NSString *const shapes[TRAY_STATES] = {@"surety-ok.ico",      @"surety-attention.ico", @"surety-stopped.ico",
                                                 @"surety-unknown.ico", @"surety-unknown.ico",   @"surety-unknown.ico"};
  NSString *path = [[[NSBundle mainBundle] resourcePath] stringByAppendingPathComponent:shapes[_document->state]];
  NSImage *image = [[NSImage alloc] initWithContentsOfFile:path];
  const NSSize size = {ICON_POINTS, ICON_POINTS};
  if (_item == nil) _item = [[[NSStatusBar systemStatusBar] statusItemWithLength:NSSquareStatusItemLength] retain];
  [image setSize:size];
#ifdef GNUSTEP
  [_item setImage:image];
  [_item setToolTip:[NSString stringWithUTF8String:_document->tooltip]];
#else
  /* What VoiceOver reads. */
  [image setAccessibilityDescription:[NSString stringWithUTF8String:_document->title]];
  [[_item button] setImage:image];
  [[_item button] setToolTip:[NSString stringWithUTF8String:_document->tooltip]];
#endif
  [image release];
}

- (void)refresh {
  NSMenu *menu = new_menu(_document, self, @selector(chosen:));
  if (is_printing) {
    print_menu(menu, _document);
    [feed stop];
    exit(0);
  }
  if (_document->is_visible) {
    [menu setDelegate:self];
    [self showIcon];
    [_item setMenu:menu];
    show_notices(_document);
  } else if (_item != nil) {
    [[NSStatusBar systemStatusBar] removeStatusItem:_item];
    [_item release];
    _item = nil;
  }
  [menu release];
}

/* Not while the menu is open: its items are those of the document that it was made of. */
- (void)takeNewest {
  if (_isOpen || _newest == NULL) return;
  free(_document);
  _document = _newest;
  _newest = NULL;
  [self refresh];
}

- (void)heard:(struct tray_document *)document {
  free(_newest);
  _newest = document;
  [self takeNewest];
}

- (void)menuWillOpen:(NSMenu *)menu {
  (void)menu;
  _isOpen = YES;
}

/* The item that was chosen is told after this. */
- (void)menuDidClose:(NSMenu *)menu {
  (void)menu;
  [self performSelector:@selector(closed:) withObject:nil afterDelay:0];
}

- (void)closed:(id)nothing {
  (void)nothing;
  _isOpen = NO;
  [self takeNewest];
}

- (void)chosen:(NSMenuItem *)chosen {
  const struct tray_item *item = &_document->items[[chosen tag]];
  if (item->kind == TRAY_LINK) {
    [[NSWorkspace sharedWorkspace] openURL:[NSURL URLWithString:[NSString stringWithUTF8String:item->url]]];
    return;
  }
  NSMutableArray *arguments = [NSMutableArray array];
  for (uint16_t at = 0; at < item->argument_count; at++) {
    [arguments addObject:[NSString stringWithUTF8String:_document->arguments[item->first_argument + at]]];
  }
  run_action(arguments, [NSString stringWithUTF8String:item->text]);
}

- (void)willTerminate:(NSNotification *)notification {
  (void)notification;
  [feed stop];
}

@end

static void on_heard(struct tray_document *document) { [host heard:document]; }

int main(int count, char **arguments) {
  NSAutoreleasePool *pool = [NSAutoreleasePool new];
  is_printing = count == 2 && strcmp(arguments[1], "--print-menu") == 0;
  if (count > 1 && !is_printing) {
    puts("Usage: surety-tray [--print-menu]");
    return 2;
  }
  NSApplication *application = [NSApplication sharedApplication];
#ifndef GNUSTEP
  /* launchd starts one in each session; this is for those who start another. */
  if (!is_printing && [[NSRunningApplication runningApplicationsWithBundleIdentifier:BUNDLE] count] > 1) return 0;
  [application setActivationPolicy:NSApplicationActivationPolicyAccessory];
#endif
  host = [Host new];
  feed = [[Feed alloc] initWithHeard:on_heard];
  [[NSNotificationCenter defaultCenter] addObserver:host
                                           selector:@selector(willTerminate:)
                                               name:NSApplicationWillTerminateNotification
                                             object:nil];
  [feed start];
  [application run];
  [pool drain];
  return 0;
}
