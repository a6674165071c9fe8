/*
 * Processes that read the memory of callers. Such a read may never end, as of memory that a FUSE server does not answer for, and not
 * even a signal ends it then. So no thread of the gate reads: it would keep the gate's descriptors after the gate's end, and every
 * exec that waits for them. Main thread only.
 */
#ifndef READERS_H
#define READERS_H

#include "rules.h"

/* Replaces the rules that callers are judged by. NULL for none. What reads now is MATCHES_UNREAD. */
void readers_follow(const struct rules *rules);

enum reading { READS, READER_TAKEN, ALL_STUCK };

/*
 * Begins to read the arguments of that interpreter; `reader` is then its number. READER_TAKEN when its user, or all together, has as
 * many as it may; ALL_STUCK when those of its user were ended and do not come back.
 */
enum reading reader_start(int tid, const struct caller *caller, int *reader);

/* False while it reads. MATCHES_UNREAD when it could not. Frees the reader. */
int reader_is_done(int reader, enum rule_match *match);

/* Its answer does not matter any more. */
void reader_end(int reader);

/* For poll(2), or -1: has input when one is done. */
int readers_descriptor(void);

/* Takes what they answer. */
void readers_check(void);

#endif
