/* Keeps the daemon running until the service is stopped. */
#ifndef SURETY_SERVICE_SUPERVISE_H
#define SURETY_SERVICE_SUPERVISE_H

#include <windows.h>

#include "child.h"

struct supervision {
  struct program program;
  /* Ends it. Reset by hand. */
  HANDLE stop;
  /* Says what the service is: SERVICE_START_PENDING, SERVICE_RUNNING or SERVICE_STOP_PENDING; repeated while it takes time. */
  void (*report)(DWORD state);
};

/*
 * Starts the daemon again whenever it ends: after 0.5 s, then after twice as long each time, up to 60 s, and from the beginning after a
 * run of a minute. A daemon that ends with 75 asks for that: it is always started after 0.5 s.
 *
 * @return 0 after `stop`; else the daemon did not become ready within 90 s, and this is its last exit code, never 0.
 */
DWORD supervise(const struct supervision *supervision);

/* A line for the daemon that runs now, from any thread. Without one it is dropped. */
void tell_daemon(const char *line);

#endif
