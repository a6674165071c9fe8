#include "given.h"

#include <stdio.h>
#include <wchar.h>

#include "enrolment-file.h"

#define PREFIX L"surety-enrol-v1."
#define ENROLMENT_MOST 2800
#define URL_WORDS 301

static bool is_letter_or_digit(wchar_t word) {
  return (word >= L'a' && word <= L'z') || (word >= L'A' && word <= L'Z') || (word >= L'0' && word <= L'9');
}

static bool is_space(wchar_t word) { return word == L' ' || (word >= L'\t' && word <= L'\r'); }

static void trim(wchar_t *text) {
  size_t begin = 0, end = wcslen(text);
  while (is_space(text[begin])) begin++;
  while (end > begin && is_space(text[end - 1])) end--;
  wmemmove(text, text + begin, end - begin);
  text[end - begin] = 0;
}

bool is_enrolment(const wchar_t *text) {
  const size_t prefix = wcslen(PREFIX), length = wcslen(text);
  if (length <= prefix || length > ENROLMENT_MOST || wcsncmp(text, PREFIX, prefix) != 0) return false;
  for (const wchar_t *word = text + prefix; *word != 0; word++) {
    if (!is_letter_or_digit(*word) && *word != L'-' && *word != L'_') return false;
  }
  return true;
}

/* wss://HOST or wss://HOST:PORT, as the setting directory.url wants it. */
static bool is_url(const wchar_t *text) {
  static const wchar_t SCHEME[] = L"wss://";
  if (wcsncmp(text, SCHEME, wcslen(SCHEME)) != 0) return false;
  const wchar_t *host = text + wcslen(SCHEME);
  size_t length = wcslen(host);
  if (length > 0 && host[length - 1] == L'/') length--;
  for (size_t at = 0; at < length; at++) {
    if (!is_letter_or_digit(host[at]) && wcschr(L".-:[]", host[at]) == NULL) return false;
  }
  return length > 0;
}

/* Removes white space at both ends. False if it has `words` or more characters. */
static bool property(MSIHANDLE install, const wchar_t *name, wchar_t *value, DWORD words) {
  DWORD length = words;
  value[0] = 0;
  if (MsiGetPropertyW(install, name, value, &length) != ERROR_SUCCESS) return false;
  trim(value);
  return true;
}

/*
 * Windows repairs a package for an ordinary user, with the rights of the system and the properties that the user gives. An administrator
 * has this group in the token once it is elevated; so has the system.
 */
static bool is_allowed(MSIHANDLE install) {
  SID_IDENTIFIER_AUTHORITY authority = {SECURITY_NT_AUTHORITY};
  PSID administrators;
  BOOL is_member = FALSE;
  if (MsiEvaluateConditionW(install, L"Installed") != MSICONDITION_TRUE) return true;
  if (!AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0,
                                &administrators)) {
    return false;
  }
  const bool is_allowed = CheckTokenMembership(NULL, administrators, &is_member) && is_member;
  FreeSid(administrators);
  return is_allowed;
}

static bool refuse_file(MSIHANDLE install, const wchar_t *path, const wchar_t *fault) {
  wchar_t text[PATH_WORDS + 128];
  _snwprintf(text, PATH_WORDS + 127, L"ENROLMENT_FILE (%ls) %ls.", path, fault);
  text[PATH_WORDS + 127] = 0;
  return refuse(install, text);
}

bool read_given(MSIHANDLE install, wchar_t enrolment[ENROLMENT_WORDS]) {
  wchar_t tray[8], path[PATH_WORDS], url[URL_WORDS];
  if (!property(install, L"TRAY", tray, 8) || !(tray[0] == 0 || wcscmp(tray, L"0") == 0 || wcscmp(tray, L"1") == 0)) {
    return refuse(install, L"TRAY is 0 or 1.");
  }
  if (!property(install, L"DIRECTORY_URL", url, URL_WORDS) || (url[0] != 0 && !is_url(url))) {
    return refuse(install, L"DIRECTORY_URL is not the address of a directory, such as wss://directory.example.org:7443.");
  }
  if (!property(install, L"ENROLMENT", enrolment, ENROLMENT_WORDS)) {
    return refuse(install, L"ENROLMENT is too long for an enrolment string.");
  }
  if (!property(install, L"ENROLMENT_FILE", path, PATH_WORDS)) return refuse(install, L"ENROLMENT_FILE is too long for a path.");
  if (enrolment[0] != 0 && path[0] != 0) {
    return refuse(install, L"ENROLMENT and ENROLMENT_FILE are both given. Give one of them.");
  }
  if ((url[0] != 0 || enrolment[0] != 0 || path[0] != 0) && !is_allowed(install)) {
    return refuse(install, L"Only an administrator, in an elevated program, can give settings.");
  }
  const bool is_file = path[0] != 0;
  if (is_file) {
    const wchar_t *fault = read_enrolment_file(path, enrolment);
    if (fault != NULL) return refuse_file(install, path, fault);
    trim(enrolment);
  }
  if ((is_file || enrolment[0] != 0) && !is_enrolment(enrolment)) {
    return refuse(install, is_file ? L"ENROLMENT_FILE holds no complete enrolment string, which starts with " PREFIX
                                   : L"ENROLMENT is no complete enrolment string, which starts with " PREFIX);
  }
  return true;
}
