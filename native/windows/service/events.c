#include "events.h"

#include <stdio.h>
#include <wtsapi32.h>

static const char *power_word(DWORD type) {
  if (type == PBT_APMSUSPEND) return "suspend";
  /* Always sent; PBT_APMRESUMESUSPEND follows it when a person is there. */
  return type == PBT_APMRESUMEAUTOMATIC ? "resume" : NULL;
}

static const char *session_word(DWORD type) {
  switch (type) {
    case WTS_CONSOLE_CONNECT:
    case WTS_REMOTE_CONNECT:
      return "connect";
    case WTS_CONSOLE_DISCONNECT:
    case WTS_REMOTE_DISCONNECT:
      return "disconnect";
    case WTS_SESSION_LOGON:
      return "logon";
    case WTS_SESSION_LOGOFF:
      return "logoff";
    case WTS_SESSION_LOCK:
      return "lock";
    case WTS_SESSION_UNLOCK:
      return "unlock";
    default:
      return NULL;
  }
}

bool line_of_event(DWORD control, DWORD type, const void *data, char line[EVENT_BYTES]) {
  if (control == SERVICE_CONTROL_POWEREVENT) {
    const char *word = power_word(type);
    return word != NULL && snprintf(line, EVENT_BYTES, "POWER=%s\n", word) > 0;
  }
  if (control != SERVICE_CONTROL_SESSIONCHANGE || data == NULL) return false;
  const WTSSESSION_NOTIFICATION *session = data;
  const char *word = session_word(type);
  if (word == NULL || session->cbSize < sizeof *session) return false;
  return snprintf(line, EVENT_BYTES, "SESSION=%s %lu\n", word, (unsigned long)session->dwSessionId) > 0;
}
