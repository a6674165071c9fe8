#include "environment.h"

#include <windows.h>

#include <stdbool.h>
#include <stdlib.h>

/* Names of variables are compared without case. */
static const wchar_t *const BEGINNINGS[] = {L"NODE_", L"LD_",  L"GLIBC_", L"MALLOC_", L"GCONV_",
                                            L"OPENSSL_", L"SSL_", L"UV_",    L"RES_",    L"RESOLV_"};
static const wchar_t *const NAMES[] = {L"SSLKEYLOGFILE", L"LOCPATH", L"NLSPATH",    L"HOSTALIASES", L"LOCALDOMAIN",
                                       L"TMPDIR",        L"TEMP",    L"TMP",        L"HTTP_PROXY",  L"HTTPS_PROXY",
                                       L"ALL_PROXY",     L"NO_PROXY"};

static bool begins_with(const wchar_t *text, const wchar_t *beginning) {
  return _wcsnicmp(text, beginning, wcslen(beginning)) == 0;
}

static bool is_refused(const wchar_t *variable) {
  for (size_t at = 0; at < sizeof BEGINNINGS / sizeof *BEGINNINGS; at++) {
    if (begins_with(variable, BEGINNINGS[at])) return !begins_with(variable, L"NODE_ENV=");
  }
  for (size_t at = 0; at < sizeof NAMES / sizeof *NAMES; at++) {
    if (begins_with(variable, NAMES[at]) && variable[wcslen(NAMES[at])] == L'=') return true;
  }
  return false;
}

wchar_t *environment_for_daemon(void) {
  wchar_t *given = GetEnvironmentStringsW();
  if (given == NULL) return NULL;
  const wchar_t *end = given;
  while (*end != 0) end += wcslen(end) + 1;
  /* An empty block too ends in two NULs. */
  wchar_t *kept = calloc((size_t)(end - given) + 2, sizeof *kept), *to = kept;
  for (const wchar_t *variable = given; kept != NULL && *variable != 0; variable += wcslen(variable) + 1) {
    if (is_refused(variable)) continue;
    wcscpy(to, variable);
    to += wcslen(variable) + 1;
  }
  FreeEnvironmentStringsW(given);
  return kept;
}
