/*
 * What we call of AppKit, Foundation and UserNotifications, declared by ourselves after Apple's documentation: Apple's headers are not
 * on the machine that compiles this. GNUstep has headers of its own, and no UserNotifications.
 */
#ifndef SURETY_DARWIN_TRAY_APPKIT_H
#define SURETY_DARWIN_TRAY_APPKIT_H

#ifdef GNUSTEP
#import <AppKit/AppKit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#elif defined(__has_include) && __has_include(<UserNotifications/UserNotifications.h>)
#import <AppKit/AppKit.h>
#import <UserNotifications/UserNotifications.h>
#include <signal.h>
#include <unistd.h>
#else

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* objc/objc.h, objc/NSObjCRuntime.h, CoreGraphics/CGGeometry.h */
#define nil ((id)0)
#ifdef __x86_64__
typedef signed char BOOL;
#else
typedef bool BOOL;
#endif
#define YES ((BOOL)1)
#define NO ((BOOL)0)
typedef long NSInteger;
typedef unsigned long NSUInteger;
typedef struct {
  double width, height;
} NSSize;

@class NSString;

__attribute__((objc_root_class)) @interface NSObject {
  Class isa;
}
+ (id)alloc;
+ (id)new;
- (id)init;
- (id)retain;
- (void)release;
- (id)autorelease;
- (void)performSelector:(SEL)selector withObject:(id)object afterDelay:(double)seconds;
@end

@interface NSAutoreleasePool : NSObject
- (void)drain;
@end

@interface NSString : NSObject
+ (id)stringWithUTF8String:(const char *)text;
- (id)stringByAppendingPathComponent:(NSString *)component;
- (id)stringByDeletingLastPathComponent;
- (const char *)UTF8String;
@end

@interface NSArray : NSObject
- (BOOL)containsObject:(id)object;
- (NSUInteger)count;
- (id)objectAtIndex:(NSUInteger)index;
@end

@interface NSMutableArray : NSArray
+ (id)array;
+ (id)arrayWithObjects:(id)first, ...;
+ (id)arrayWithArray:(NSArray *)array;
- (void)addObject:(id)object;
- (void)addObjectsFromArray:(NSArray *)array;
- (void)removeObjectAtIndex:(NSUInteger)index;
@end

@interface NSDictionary : NSObject
- (id)objectForKey:(id)key;
@end

@interface NSMutableDictionary : NSDictionary
+ (id)dictionary;
- (void)setObject:(id)object forKey:(id)key;
@end

@interface NSData : NSObject
- (const void *)bytes;
- (NSUInteger)length;
@end

@interface NSURL : NSObject
+ (id)URLWithString:(NSString *)text;
@end

@interface NSNotification : NSObject
- (NSDictionary *)userInfo;
- (id)object;
@end

@interface NSNotificationCenter : NSObject
+ (NSNotificationCenter *)defaultCenter;
- (void)addObserver:(id)observer selector:(SEL)selector name:(NSString *)name object:(id)object;
- (void)removeObserver:(id)observer name:(NSString *)name object:(id)object;
@end

@interface NSProcessInfo : NSObject
+ (NSProcessInfo *)processInfo;
- (NSDictionary *)environment;
- (NSArray *)arguments;
@end

@interface NSBundle : NSObject
+ (NSBundle *)mainBundle;
- (NSString *)resourcePath;
@end

@interface NSLocale : NSObject
/* Such as `de-CH`. */
+ (NSArray *)preferredLanguages;
@end

@interface NSUserDefaults : NSObject
+ (NSUserDefaults *)standardUserDefaults;
- (NSArray *)stringArrayForKey:(NSString *)key;
- (void)setObject:(id)object forKey:(NSString *)key;
@end

@interface NSFileHandle : NSObject
+ (NSFileHandle *)fileHandleWithNullDevice;
- (void)readInBackgroundAndNotify;
- (void)readToEndOfFileInBackgroundAndNotify;
@end

@interface NSPipe : NSObject
+ (NSPipe *)pipe;
- (NSFileHandle *)fileHandleForReading;
@end

@interface NSTask : NSObject
- (void)setLaunchPath:(NSString *)path;
- (void)setArguments:(NSArray *)arguments;
- (void)setEnvironment:(NSDictionary *)environment;
- (void)setCurrentDirectoryPath:(NSString *)path;
- (void)setStandardInput:(id)input;
- (void)setStandardOutput:(id)output;
- (void)setStandardError:(id)error;
- (BOOL)launchAndReturnError:(id *)error;
- (void)terminate;
- (int)processIdentifier;
@end

extern NSString *const NSFileHandleReadCompletionNotification;
extern NSString *const NSFileHandleReadToEndOfFileCompletionNotification;
extern NSString *const NSFileHandleNotificationDataItem;
extern NSString *const NSApplicationWillTerminateNotification;

@interface NSImage : NSObject
- (id)initWithContentsOfFile:(NSString *)path;
- (void)setSize:(NSSize)size;
- (void)setAccessibilityDescription:(NSString *)text;
@end

@class NSMenu;

@interface NSMenuItem : NSObject
+ (NSMenuItem *)separatorItem;
- (id)initWithTitle:(NSString *)title action:(SEL)action keyEquivalent:(NSString *)key;
- (NSString *)title;
- (void)setTarget:(id)target;
- (void)setTag:(NSInteger)tag;
- (NSInteger)tag;
- (void)setEnabled:(BOOL)isEnabled;
- (BOOL)isEnabled;
- (BOOL)isSeparatorItem;
- (void)setSubmenu:(NSMenu *)menu;
- (NSMenu *)submenu;
@end

@interface NSMenu : NSObject
- (void)setAutoenablesItems:(BOOL)isAutomatic;
- (void)setDelegate:(id)delegate;
- (void)addItem:(NSMenuItem *)item;
- (NSInteger)numberOfItems;
- (NSMenuItem *)itemAtIndex:(NSInteger)index;
@end

@interface NSStatusBarButton : NSObject
- (void)setImage:(NSImage *)image;
- (void)setToolTip:(NSString *)text;
@end

@interface NSStatusItem : NSObject
- (NSStatusBarButton *)button;
- (void)setMenu:(NSMenu *)menu;
@end

@interface NSStatusBar : NSObject
+ (NSStatusBar *)systemStatusBar;
- (NSStatusItem *)statusItemWithLength:(double)length;
- (void)removeStatusItem:(NSStatusItem *)item;
@end
/* As wide as it is high. */
#define NSSquareStatusItemLength (-2.0)

@interface NSWorkspace : NSObject
+ (NSWorkspace *)sharedWorkspace;
- (BOOL)openURL:(NSURL *)url;
@end

@interface NSRunningApplication : NSObject
+ (NSArray *)runningApplicationsWithBundleIdentifier:(NSString *)identifier;
@end

@interface NSApplication : NSObject
+ (NSApplication *)sharedApplication;
- (BOOL)setActivationPolicy:(NSInteger)policy;
- (void)run;
@end
/* Without an icon in the Dock. */
#define NSApplicationActivationPolicyAccessory 1

/* UserNotifications */
@interface UNMutableNotificationContent : NSObject
- (void)setTitle:(NSString *)title;
- (void)setBody:(NSString *)text;
@end

@interface UNNotificationRequest : NSObject
+ (id)requestWithIdentifier:(NSString *)identifier content:(id)content trigger:(id)trigger;
@end

@interface UNUserNotificationCenter : NSObject
+ (UNUserNotificationCenter *)currentNotificationCenter;
- (void)requestAuthorizationWithOptions:(NSUInteger)options completionHandler:(void (^)(BOOL granted, id error))handler;
- (void)addNotificationRequest:(UNNotificationRequest *)request withCompletionHandler:(void (^)(id error))handler;
@end
#define UNAuthorizationOptionAlert 4u

/* libSystem */
extern void *malloc(size_t bytes);
extern void free(void *memory);
extern int puts(const char *text);
extern int printf(const char *format, ...);
extern int strcmp(const char *one, const char *other);
extern void exit(int code) __attribute__((noreturn));
extern void _exit(int code) __attribute__((noreturn));
extern int kill(int pid, int number);
extern void (*signal(int number, void (*handler)(int)))(int);
#define SIGTERM 15

#endif

#endif
