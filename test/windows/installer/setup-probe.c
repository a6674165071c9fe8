/*
 * Runs what the package for Windows Installer does with its settings, with properties from the command line in place of an installer.
 * Steps are separated by `--`: `given NAME=VALUE ...`, `write STRING`, `restore`, `keep` or
 * `purge`. Prints a line for each.
 */
#include <stdio.h>
#include <wchar.h>

#include "enrolment-place.h"
#include "given.h"

static wchar_t **step;
static int length;
static wchar_t refusal[2048];

UINT WINAPI MsiGetPropertyW(MSIHANDLE install, const wchar_t *name, wchar_t *value, DWORD *words) {
  (void)install;
  const size_t prefix = wcslen(name);
  const wchar_t *found = L"";
  for (int at = 1; at < length; at++) {
    if (wcsncmp(step[at], name, prefix) == 0 && step[at][prefix] == L'=') found = step[at] + prefix + 1;
  }
  if (wcslen(found) >= *words) return ERROR_MORE_DATA;
  wcscpy(value, found);
  return ERROR_SUCCESS;
}

MSICONDITION WINAPI MsiEvaluateConditionW(MSIHANDLE install, const wchar_t *condition) {
  (void)install;
  (void)condition;
  return MSICONDITION_FALSE;
}

bool refuse(MSIHANDLE install, const wchar_t *text) {
  (void)install;
  _snwprintf(refusal, sizeof refusal / sizeof *refusal - 1, L"%ls", text);
  return false;
}

static void print(const wchar_t *word, const wchar_t *text) {
  char bytes[3 * ENROLMENT_WORDS];
  wchar_t line[ENROLMENT_WORDS + 16];
  _snwprintf(line, ENROLMENT_WORDS + 15, L"%ls %ls", word, text);
  line[ENROLMENT_WORDS + 15] = 0;
  WideCharToMultiByte(CP_UTF8, 0, line, -1, bytes, sizeof bytes, NULL, NULL);
  puts(bytes);
}

static void run_step(void) {
  wchar_t enrolment[ENROLMENT_WORDS] = {0};
  if (wcscmp(step[0], L"given") == 0) {
    const bool is_read = read_given(0, enrolment);
    print(is_read ? L"read" : L"refused", is_read ? enrolment : refusal);
  } else if (wcscmp(step[0], L"write") == 0) {
    print(L"write", write_enrolment(step[1]) ? L"done" : L"failed");
  } else if (wcscmp(step[0], L"restore") == 0) {
    restore_enrolment();
    print(L"restore", L"done");
  } else if (wcscmp(step[0], L"purge") == 0) {
    print(L"purge", remove_data_folder() ? L"done" : L"failed");
  } else {
    keep_enrolment();
    print(L"keep", L"done");
  }
}

int wmain(int count, wchar_t **arguments) {
  for (int at = 1; at < count; at += length + 1) {
    step = arguments + at;
    for (length = 0; at + length < count && wcscmp(step[length], L"--") != 0;) length++;
    run_step();
  }
  return 0;
}
