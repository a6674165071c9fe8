/* Follows the command line in a thread of its own, and starts it again when it ends. */
#ifndef SURETY_TRAY_FEED_H
#define SURETY_TRAY_FEED_H

#include "host.h"

struct feed;

/*
 * After 1 s it starts again, then after twice as long each time, up to 60 s, and from the beginning after a run of a minute. What cannot
 * be read shows as `unreachable`: an old state would look like the present one.
 *
 * @param heard called in the feed's thread when there is a document to take.
 * @return NULL when there is no memory.
 */
struct feed *start_feed(const wchar_t *folder, void (*heard)(void *given), void *given);

/* The newest document, once. The caller frees it. NULL if there is none since the last call. */
struct tray_document *take_document(struct feed *feed);

/* Ends the command line and the thread. */
void end_feed(struct feed *feed);

#endif
