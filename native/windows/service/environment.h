/* The environment of the daemon. */
#ifndef SURETY_SERVICE_ENVIRONMENT_H
#define SURETY_SERVICE_ENVIRONMENT_H

#include <wchar.h>

/*
 * Our own variables without those that the daemon refuses (`REFUSED` in src/config/environment.ts): a machine may have NODE_OPTIONS
 * for everyone, and has TEMP. Sorted as the system gave them. The caller frees it. NULL when there is no memory.
 */
wchar_t *environment_for_daemon(void);

#endif
