/* Runs one action of the tray host for macOS, with GNUstep. */
#import "../../../native/darwin/tray/answer.h"

int main(void) {
  NSAutoreleasePool *pool = [NSAutoreleasePool new];
  run_action([NSArray arrayWithObjects:@"check", @"two words", nil], @"Check again");
  [[NSRunLoop currentRunLoop] run];
  [pool drain];
  return 0;
}
