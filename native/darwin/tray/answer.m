#import "answer.h"

#import "notices.h"
#import "surety.h"

/* More than a notification shows. */
#define TEXT_BYTES 1024

/* Lives until its command has ended. */
@interface Answer : NSObject {
  NSString *_title;
  NSTask *_task;
  NSFileHandle *_output;
}
- (void)run:(NSArray *)arguments title:(NSString *)title;
@end

/* In one line. No character is cut in half. */
static void line_of(NSData *data, char text[TEXT_BYTES]) {
  const char *bytes = [data bytes];
  const size_t count = data == nil ? 0 : [data length];
  size_t length = 0;
  for (size_t at = 0; at < count && length + 1 < TEXT_BYTES; at++) {
    const unsigned char byte = (unsigned char)bytes[at];
    const BOOL isSpace = byte <= ' ' || byte == 0x7f;
    if (isSpace && (length == 0 || text[length - 1] == ' ')) continue;
    text[length++] = isSpace ? ' ' : (char)byte;
  }
  if (length + 1 == TEXT_BYTES) {
    while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80) length--;
    if (length > 0 && (unsigned char)text[length - 1] >= 0x80) length--;
  }
  if (length > 0 && text[length - 1] == ' ') length--;
  text[length] = 0;
}

@implementation Answer

- (void)run:(NSArray *)arguments title:(NSString *)title {
  NSPipe *pipe = [NSPipe pipe];
  _title = [title retain];
  _task = new_surety_task(arguments);
  [_task setStandardOutput:pipe];
  [_task setStandardError:pipe];
  if (!launch_task(_task)) {
    show_answer([_title UTF8String], "Surety cannot be started.");
    [self end];
    return;
  }
  _output = [[pipe fileHandleForReading] retain];
  [[NSNotificationCenter defaultCenter] addObserver:self
                                           selector:@selector(read:)
                                               name:NSFileHandleReadToEndOfFileCompletionNotification
                                             object:_output];
  [_output readToEndOfFileInBackgroundAndNotify];
}

- (void)read:(NSNotification *)notification {
  char text[TEXT_BYTES];
  line_of([[notification userInfo] objectForKey:NSFileHandleNotificationDataItem], text);
  [[NSNotificationCenter defaultCenter] removeObserver:self
                                                  name:NSFileHandleReadToEndOfFileCompletionNotification
                                                object:_output];
  if (text[0] != 0) show_answer([_title UTF8String], text);
  [self end];
}

- (void)end {
  [_title release];
  [_task release];
  [_output release];
  [self release];
}

@end

void run_action(NSArray *arguments, NSString *title) { [[Answer new] run:arguments title:title]; }
