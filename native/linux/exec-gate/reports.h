/* What the gate says to the daemon, over a pipe that may be full: it never waits. */
#ifndef REPORTS_H
#define REPORTS_H

/* Each is a 32-bit length in the byte order of the machine and texts that each end in NUL. NULL ends the texts. Any thread. */
void report(const char *first, ...) __attribute__((sentinel));

/* Whether something waits for the pipe; then `reports_send` is due when it has room. */
int reports_wait(void);
/* -1 when the reader is gone. */
int reports_send(void);

#endif
