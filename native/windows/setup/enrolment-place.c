#include "enrolment-place.h"

#include <sddl.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "../service/data-folder.h"

#define RIGHTS L"O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)"
/* Where it lies, what is being written, and what was there before. An empty `before` says that nothing was there. */
struct paths {
  wchar_t own[PATH_WORDS], made[PATH_WORDS], before[PATH_WORDS];
};

static bool paths_of(struct paths *paths) {
  wchar_t folder[PATH_WORDS];
  if (!prepare_data_folder(folder, NULL) || wcslen(folder) > PATH_WORDS - 64) return false;
  swprintf(paths->own, PATH_WORDS, L"%ls\\enrolment", folder);
  swprintf(paths->made, PATH_WORDS, L"%ls.new", paths->own);
  swprintf(paths->before, PATH_WORDS, L"%ls.before", paths->own);
  return true;
}

static bool write_new(const wchar_t *path, const char *bytes) {
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
  DWORD written = 0;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(RIGHTS, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL)) {
    return false;
  }
  DeleteFileW(path);
  HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, &attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
  LocalFree(attributes.lpSecurityDescriptor);
  if (file == INVALID_HANDLE_VALUE) return false;
  const DWORD count = (DWORD)strlen(bytes);
  const bool whole = WriteFile(file, bytes, count, &written, NULL) && written == count && FlushFileBuffers(file);
  CloseHandle(file);
  if (!whole) DeleteFileW(path);
  return whole;
}

static bool move(const wchar_t *from, const wchar_t *to) {
  return MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

static bool is_there(const wchar_t *path) { return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES; }

bool write_enrolment(const wchar_t *enrolment) {
  char bytes[ENROLMENT_WORDS + 1];
  struct paths paths;
  snprintf(bytes, sizeof bytes, "%ls\n", enrolment);
  const bool is_made = paths_of(&paths) && write_new(paths.made, bytes);
  SecureZeroMemory(bytes, sizeof bytes);
  if (!is_made) return false;
  const bool is_aside = is_there(paths.own) ? move(paths.own, paths.before) : write_new(paths.before, "");
  if (is_aside && move(paths.made, paths.own)) return true;
  DeleteFileW(paths.made);
  return false;
}

void restore_enrolment(void) {
  WIN32_FILE_ATTRIBUTE_DATA before;
  struct paths paths;
  if (!paths_of(&paths) || !GetFileAttributesExW(paths.before, GetFileExInfoStandard, &before)) return;
  if (before.nFileSizeLow != 0) {
    move(paths.before, paths.own);
  } else {
    DeleteFileW(paths.own);
    DeleteFileW(paths.before);
  }
}

void keep_enrolment(void) {
  struct paths paths;
  if (!paths_of(&paths)) return;
  DeleteFileW(paths.before);
  DeleteFileW(paths.made);
}

/* `path` has room for what lies deeper. */
static bool remove_tree(wchar_t path[PATH_WORDS]) {
  WIN32_FIND_DATAW found;
  const size_t length = wcslen(path);
  if (length > PATH_WORDS - MAX_PATH - 4) return false;
  wcscpy(path + length, L"\\*");
  HANDLE search = FindFirstFileW(path, &found);
  bool is_gone = search != INVALID_HANDLE_VALUE;
  for (bool is_more = is_gone; is_more; is_more = FindNextFileW(search, &found)) {
    if (wcscmp(found.cFileName, L".") == 0 || wcscmp(found.cFileName, L"..") == 0) continue;
    swprintf(path + length, PATH_WORDS - length, L"\\%ls", found.cFileName);
    const bool is_folder = found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    const bool is_link = found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT;
    SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
    is_gone &= !is_folder ? DeleteFileW(path) : is_link ? RemoveDirectoryW(path) : remove_tree(path);
  }
  if (search != INVALID_HANDLE_VALUE) FindClose(search);
  path[length] = 0;
  return RemoveDirectoryW(path) && is_gone;
}

bool remove_data_folder(void) {
  wchar_t folder[PATH_WORDS];
  /* Another user's folder is not ours to remove. */
  return prepare_data_folder(folder, NULL) && remove_tree(folder);
}
