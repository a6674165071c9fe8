/*
 * Processes that read the memory of callers. Such a read may never end, as of memory that a FUSE server does not answer for, and not
 * even a signal ends it then. So no thread of the gate reads: it would keep the gate's descriptors after the gate's end, and every
 * exec that waits for them. Main thread only.
 */
#ifndef READERS_H
#define READERS_H

#include <poll.h>

#include "rules.h"

#define READERS_MOST 16

enum reading { READS, READER_TAKEN, ALL_STUCK };

/*
 * Begins to read the arguments of that interpreter; `reader` is then its number. READER_TAKEN when its owner, or all together, has as
 * many as it may; ALL_STUCK when those of its owner were ended and do not come back.
 */
enum reading reader_start(const struct rules *rules, int tid, const struct caller *caller, int *reader);

/* False while it reads. MATCHES_UNREAD when it could not. Frees the reader. */
int reader_is_done(int reader, enum rule_match *match);

/* Its answer does not matter any more. */
void reader_end(int reader);

/* Fills READERS_MOST entries for poll(2), which wakes when one is done. */
void readers_poll(struct pollfd *to);

/* Frees those that were ended and came back. */
void readers_check(void);

#endif
