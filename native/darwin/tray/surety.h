/* Starts the command line of this installation: the programs `node` and `surety/surety.mjs` beside the bundle of the host. */
#ifndef SURETY_DARWIN_TRAY_SURETY_H
#define SURETY_DARWIN_TRAY_SURETY_H

#import "appkit.h"

/* A task of the command line with these arguments that was not launched. Its output goes nowhere. The caller releases it. */
NSTask *new_surety_task(NSArray *arguments);

BOOL launch_task(NSTask *task);

#endif
