#include "enrolment-file.h"

#include <string.h>
#include <wchar.h>

#define MOST_BYTES 8192

/* The part after `C:\` or `\\server\share\`. NULL if the path is neither, such as a relative one or that of a device. */
static const wchar_t *after_root(const wchar_t *path) {
  const bool has_drive = ((path[0] >= L'A' && path[0] <= L'Z') || (path[0] >= L'a' && path[0] <= L'z')) && path[1] == L':';
  if (has_drive) return path[2] == L'\\' ? path + 3 : NULL;
  if (path[0] != L'\\' || path[1] != L'\\' || path[2] == L'?' || path[2] == L'.') return NULL;
  const wchar_t *share = wcschr(path + 2, L'\\');
  const wchar_t *rest = share == NULL ? NULL : wcschr(share + 1, L'\\');
  return rest == NULL ? NULL : rest + 1;
}

static bool has_link(const wchar_t *path, const wchar_t *rest) {
  wchar_t part[PATH_WORDS];
  wcscpy(part, path);
  for (wchar_t *end = part + (rest - path); *end != 0;) {
    end += wcscspn(end, L"\\");
    const wchar_t cut = *end;
    *end = 0;
    const DWORD attributes = GetFileAttributesW(part);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT)) return true;
    *end = cut;
    if (cut != 0) end++;
  }
  return false;
}

/* @return false if there is a character that no enrolment string has. */
static bool decode(const unsigned char *bytes, size_t count, wchar_t text[ENROLMENT_WORDS]) {
  const bool is_wide = count >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe;
  const bool has_mark = count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
  const size_t step = is_wide ? 2 : 1;
  size_t length = 0;
  if (is_wide && count % 2 != 0) return false;
  for (size_t at = is_wide ? 2 : has_mark ? 3 : 0; at < count; at += step) {
    if (bytes[at] == 0 || bytes[at] > 0x7e || (is_wide && bytes[at + 1] != 0) || length == ENROLMENT_WORDS - 1) return false;
    text[length++] = bytes[at];
  }
  text[length] = 0;
  return true;
}

static const wchar_t *read_open_file(HANDLE file, wchar_t text[ENROLMENT_WORDS]) {
  BY_HANDLE_FILE_INFORMATION about;
  unsigned char bytes[MOST_BYTES + 1];
  DWORD count = 0, read = 0;
  if (GetFileType(file) != FILE_TYPE_DISK || !GetFileInformationByHandle(file, &about)) return L"is not a file";
  /* It may have become one since. */
  if (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) return L"is a link, or lies behind one";
  while (count < sizeof bytes && ReadFile(file, bytes + count, sizeof bytes - count, &read, NULL) && read > 0) count += read;
  const wchar_t *fault = count > MOST_BYTES               ? L"is longer than an enrolment string"
                         : count == 0                     ? L"is empty or cannot be read"
                         : !decode(bytes, count, text)    ? L"is not the text of an enrolment string"
                                                          : NULL;
  SecureZeroMemory(bytes, sizeof bytes);
  return fault;
}

const wchar_t *read_enrolment_file(const wchar_t *given, wchar_t text[ENROLMENT_WORDS]) {
  wchar_t path[PATH_WORDS];
  const bool is_absolute = (given[0] != 0 && given[1] == L':') || (given[0] == L'\\' && given[1] == L'\\');
  /* The installer has a folder of its own, which a relative path would start from. */
  const DWORD length = is_absolute ? GetFullPathNameW(given, PATH_WORDS, path, NULL) : 0;
  const wchar_t *rest = length == 0 || length >= PATH_WORDS ? NULL : after_root(path);
  if (rest == NULL || *rest == 0) return L"is not a whole path, such as D:\\ada.enrolment";
  if (has_link(path, rest)) return L"is a link, or lies behind one";
  HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
  if (file == INVALID_HANDLE_VALUE) {
    const DWORD error = GetLastError();
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? L"is not there" : L"cannot be opened";
  }
  const wchar_t *fault = read_open_file(file, text);
  CloseHandle(file);
  return fault;
}
