/* Follows the command line, and starts it again when it ends. */
#ifndef SURETY_DARWIN_TRAY_FEED_H
#define SURETY_DARWIN_TRAY_FEED_H

#import "appkit.h"

#include "../../tray/document.h"

/*
 * After 1 s it starts again, then after twice as long each time, up to 60 s, and from the beginning after a document. What cannot be read
 * shows as `unreachable`.
 */
@interface Feed : NSObject {
  void (*_heard)(struct tray_document *document);
  NSTask *_task;
  NSFileHandle *_output;
  double _pause;
  size_t _length;
  BOOL _isTooLong, _wasHeard, _isVisible;
  unsigned _silent;
  char _line[TRAY_LINE_BYTES];
}
/* @param heard gets each document, which is then its own. */
- (id)initWithHeard:(void (*)(struct tray_document *document))heard;
- (void)start;
- (void)stop;
@end

#endif
