/* What Windows announces to a service, as lines for the standard input of the daemon. */
#ifndef SURETY_SERVICE_EVENTS_H
#define SURETY_SERVICE_EVENTS_H

#include <windows.h>

#include <stdbool.h>

#define EVENT_BYTES 48

/*
 * `POWER=suspend`, `POWER=resume`, or `SESSION=logon 3` with logon, logoff, lock, unlock, connect or disconnect and the number of the
 * session. Parameters are those of HandlerEx. False for what the daemon need not know.
 */
bool line_of_event(DWORD control, DWORD type, const void *data, char line[EVENT_BYTES]);

#endif
