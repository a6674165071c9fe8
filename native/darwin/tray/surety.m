#import "surety.h"

#ifdef GNUSTEP
#define PROGRAMS ([[[[NSProcessInfo processInfo] environment] objectForKey:@"SURETY_PROGRAMS"] description])
#else
#define PROGRAMS @"/Library/Surety"
#endif

/* Node takes options from variables, and others take more. What the command line needs is little. */
static NSDictionary *environment_for_surety(void) {
  NSString *const kept[] = {@"HOME", @"USER", @"LOGNAME", @"LANG", @"LC_ALL", @"LC_MESSAGES"};
  NSDictionary *given = [[NSProcessInfo processInfo] environment];
  NSMutableDictionary *environment = [NSMutableDictionary dictionary];
  [environment setObject:@"/usr/bin:/bin:/usr/sbin:/sbin" forKey:@"PATH"];
  for (size_t at = 0; at < sizeof kept / sizeof *kept; at++) {
    NSString *value = [given objectForKey:kept[at]];
    if (value != nil) [environment setObject:value forKey:kept[at]];
  }
  /* launchd gives no variable for the language of the user. */
  NSArray *languages = [NSLocale preferredLanguages];
  if ([environment objectForKey:@"LC_ALL"] == nil && [environment objectForKey:@"LC_MESSAGES"] == nil &&
      [environment objectForKey:@"LANG"] == nil && [languages count] > 0) {
    [environment setObject:[languages objectAtIndex:0] forKey:@"LANG"];
  }
  return environment;
}

NSTask *new_surety_task(NSArray *arguments) {
  NSTask *task = [NSTask new];
  NSFileHandle *nothing = [NSFileHandle fileHandleWithNullDevice];
  [task setLaunchPath:[PROGRAMS stringByAppendingPathComponent:@"node"]];
  [task setCurrentDirectoryPath:@"/"];
  [task setEnvironment:environment_for_surety()];
  NSMutableArray *all = [NSMutableArray arrayWithObjects:[PROGRAMS stringByAppendingPathComponent:@"surety/surety.mjs"], nil];
  [all addObjectsFromArray:arguments];
  [task setArguments:all];
  [task setStandardInput:nothing];
  [task setStandardOutput:nothing];
  [task setStandardError:nothing];
  return task;
}

BOOL launch_task(NSTask *task) {
#ifdef GNUSTEP
  @try {
    [task launch];
    return YES;
  } @catch (id problem) {
    return NO;
  }
#else
  return [task launchAndReturnError:NULL];
#endif
}
