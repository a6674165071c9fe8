#import "appkit.h"

#import "notices.h"

#define MOST_IDS 100
#define KEY @"ShownNotices"

static void show(const char *key, const char *title, const char *text) {
#ifdef GNUSTEP
  printf("notice: %s: %s\n", title, text);
  fflush(stdout);
  (void)key;
#else
  UNUserNotificationCenter *center = [UNUserNotificationCenter currentNotificationCenter];
  UNMutableNotificationContent *content = [[UNMutableNotificationContent new] autorelease];
  [content setTitle:[NSString stringWithUTF8String:title]];
  [content setBody:[NSString stringWithUTF8String:text]];
  /* A request before the answer of the user is kept until then, or dropped; the menu says the same. */
  [center requestAuthorizationWithOptions:UNAuthorizationOptionAlert
                        completionHandler:^(BOOL granted, id error) {
                          (void)granted, (void)error;
                        }];
  NSString *identifier = [NSString stringWithUTF8String:key];
  UNNotificationRequest *request = [UNNotificationRequest requestWithIdentifier:identifier content:content trigger:nil];
  [center addNotificationRequest:request withCompletionHandler:nil];
#endif
}

void show_notices(const struct tray_document *document) {
  NSUserDefaults *defaults = [NSUserDefaults standardUserDefaults];
  for (uint16_t at = 0; at < document->notice_count; at++) {
    NSString *identifier = [NSString stringWithUTF8String:document->notices[at].id];
    NSArray *kept = [defaults stringArrayForKey:KEY];
    if ([kept containsObject:identifier]) continue;
    NSMutableArray *shown = kept == nil ? [NSMutableArray array] : [NSMutableArray arrayWithArray:kept];
    while ([shown count] >= MOST_IDS) [shown removeObjectAtIndex:0];
    [shown addObject:identifier];
    [defaults setObject:shown forKey:KEY];
    const struct tray_notice *notice = &document->notices[at];
    show(notice->id, notice->title, notice->text);
  }
}

void show_answer(const char *title, const char *text) { show("answer", title, text); }
