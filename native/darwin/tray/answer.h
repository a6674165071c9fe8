/* Runs an action, and says what came of it. */
#ifndef SURETY_DARWIN_TRAY_ANSWER_H
#define SURETY_DARWIN_TRAY_ANSWER_H

#import "appkit.h"

/* Runs `surety` with these arguments, without waiting. What it prints becomes a notification with this title. */
void run_action(NSArray *arguments, NSString *title);

#endif
