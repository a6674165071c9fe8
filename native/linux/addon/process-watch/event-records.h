/*
 * What a watch of processes has to tell, in the order in which it came, as records.
 *
 * A record is, 8-aligned: u32 kind, pid, parent, bytes of the record. An exec adds f64 parent, session, tty, start, uid,
 * stack start, and device, inode, birth and owner of the program; i32 bytes of comm, executable, arguments, names, folder (-1: not
 * to be had), u32 state; then these texts.
 */
#ifndef EVENT_RECORDS_H
#define EVENT_RECORDS_H

#include <sys/types.h>

#include "process-connector.h"
#include "../processes/process-read.h"

/* READ: all of it. GONE: it had ended, only its executable may be known. UNREAD: nobody looked. */
enum { STATE_READ, STATE_GONE, STATE_UNREAD };

/* Whoever calls keeps others away. Begins as zeros; `bytes` is freed by who has it. */
struct process_records {
  unsigned char *bytes;
  size_t used, room;
};

/* 0 when there is no room for it: nobody took what was told for long, or we are out of memory. */
int records_put(struct process_records *to, const struct process_event *event);

/* `of` is looked at only where it was read; `executable_bytes` is -1 where it is not known. */
int records_put_exec(struct process_records *to, const struct process_event *event, int state,
                     const struct started_process *of, const char *executable, ssize_t executable_bytes);

/* Bytes of the whole records at `from` that fit into `room`. */
size_t records_that_fit(const unsigned char *from, size_t bytes, size_t room);

#endif
