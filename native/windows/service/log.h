/* Log files that rotate: one old file is kept. Calls may come from any thread. */
#ifndef SURETY_SERVICE_LOG_H
#define SURETY_SERVICE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "service.h"

/* Opens both logs there. Without the folder nothing is logged but one entry in the event log of Windows. */
bool open_logs(void);

/* One line with the time in UTC, in `service.log`. At most 400 bytes of it. */
__attribute__((format(gnu_printf, 1, 2))) void log_line(const char *format, ...);

/* What the daemon wrote to its standard error, in `suretyd.log`. */
void log_daemon(const char *bytes, size_t count);

#endif
