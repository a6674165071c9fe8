/* The daemon as a child: in a job, with its three standard streams at our end. */
#ifndef SURETY_SERVICE_CHILD_H
#define SURETY_SERVICE_CHILD_H

#include <windows.h>

#define VERSION_BYTES 32

struct child;

/* What is started, all in one folder: node.exe and suretyd\suretyd.mjs. */
struct program {
  /* Without a backslash at its end. */
  const wchar_t *folder;
};

/* Answers 0 and the child, or an error of Windows. */
DWORD start_child(const struct program *program, struct child **started);

DWORD child_pid(const struct child *child);
/* Signalled once the daemon has said that it is ready. */
HANDLE child_ready(const struct child *child);
/* Signalled once it has ended. */
HANDLE child_process(const struct child *child);

/* Queues a line for its standard input; never waits. A daemon that does not read loses the oldest lines. */
void tell_child(struct child *child, const char *line);
/* Ends its standard input after what is queued: it is asked to stop. */
void end_child_input(struct child *child);

/*
 * Ends everything in the job, and frees the child. `next` becomes the version that the daemon asked to have started in its place by the
 * line START=VERSION, not checked; else empty. @return the exit code of the daemon.
 */
DWORD close_child(struct child *child, char next[VERSION_BYTES]);

#endif
