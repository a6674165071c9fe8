#import "feed.h"
#import "surety.h"

#define FIRST_PAUSE_S 1.0
#define LONGEST_PAUSE_S 60.0
/* So short an end is not worth a word: the next start says the same again. */
#define SHORT_PAUSE_S 4.0
/* Starts without a document before the first one: until then it is not known whether the icon may be seen. */
#define SILENT_STARTS 3

/* Of the command line; 0 while none runs. */
static volatile int command_pid;
/* Between the start of the command line and the time its pid is known. */
static volatile int is_starting, is_ending;

/* launchd ends the host with this. What it started would go on, because it does not hear of that. */
static void on_end(int number) {
  (void)number;
  if (is_starting) {
    is_ending = 1;
    return;
  }
  if (command_pid > 0) kill(command_pid, SIGTERM);
  _exit(0);
}

@implementation Feed

- (id)initWithHeard:(void (*)(struct tray_document *document))heard {
  self = [super init];
  _heard = heard;
  _pause = FIRST_PAUSE_S;
  signal(SIGTERM, on_end);
  return self;
}

- (void)unreadable:(const char *)why {
  struct tray_document *document = malloc(sizeof *document);
  if (document == NULL) return;
  make_unreadable(document, why, !_wasHeard || _isVisible);
  _heard(document);
}

- (void)hearLine {
  struct tray_document *document = malloc(sizeof *document);
  if (document == NULL) return;
  const char *wrong = read_tray_document(_line, _length, document);
  if (wrong != NULL) {
    free(document);
    [self unreadable:wrong];
    return;
  }
  _wasHeard = YES;
  _isVisible = document->is_visible;
  _pause = FIRST_PAUSE_S;
  _silent = 0;
  _heard(document);
}

- (void)take:(const char *)bytes length:(size_t)count {
  for (size_t at = 0; at < count; at++) {
    if (bytes[at] != '\n') {
      if (_length < TRAY_LINE_BYTES) _line[_length++] = bytes[at];
      else if (!_isTooLong) {
        _isTooLong = YES;
        [self unreadable:"a line is too long"];
      }
      continue;
    }
    if (!_isTooLong) [self hearLine];
    _isTooLong = NO;
    _length = 0;
  }
}

- (void)start {
  NSPipe *pipe = [NSPipe pipe];
  _silent++;
  _length = 0;
  _isTooLong = NO;
  _task = new_surety_task([NSMutableArray arrayWithObjects:@"tray", @"--format", @"lines", @"--watch", nil]);
  [_task setStandardOutput:pipe];
  is_starting = 1;
  const BOOL isLaunched = launch_task(_task);
  if (isLaunched) command_pid = [_task processIdentifier];
  is_starting = 0;
  if (is_ending) on_end(SIGTERM);
  if (!isLaunched) {
    [self ended];
    return;
  }
  _output = [[pipe fileHandleForReading] retain];
  [[NSNotificationCenter defaultCenter] addObserver:self
                                           selector:@selector(read:)
                                               name:NSFileHandleReadCompletionNotification
                                             object:_output];
  [_output readInBackgroundAndNotify];
}

- (void)read:(NSNotification *)notification {
  NSData *data = [[notification userInfo] objectForKey:NSFileHandleNotificationDataItem];
  if ([notification object] != _output) return;
  if (data == nil || [data length] == 0) {
    [self ended];
    return;
  }
  [self take:[data bytes] length:[data length]];
  [_output readInBackgroundAndNotify];
}

- (void)stop {
  if (_output == nil) return;
  [[NSNotificationCenter defaultCenter] removeObserver:self name:NSFileHandleReadCompletionNotification object:_output];
  command_pid = 0;
  [_task terminate];
  [_output release];
  _output = nil;
}

- (void)ended {
  [self stop];
  [_task release];
  _task = nil;
  const BOOL isLasting = _wasHeard ? _silent > 1 || _pause > SHORT_PAUSE_S : _silent >= SILENT_STARTS;
  if (isLasting) [self unreadable:"the command line ended"];
  [self performSelector:@selector(start) withObject:nil afterDelay:_pause];
  _pause = _pause < LONGEST_PAUSE_S / 2 ? 2 * _pause : LONGEST_PAUSE_S;
}

@end
