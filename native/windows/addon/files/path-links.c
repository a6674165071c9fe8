#include "path-links.h"

#include <string.h>
#include <winternl.h>

#define MAX_LINKS 16
#define MAX_REPARSE_BYTES (16 * 1024)
#define IS_NAME_SURROGATE 0x20000000u
/* Reading would fetch it from elsewhere. */
#define LIES_ELSEWHERE (FILE_ATTRIBUTE_OFFLINE | 0x00040000u /* RECALL_ON_OPEN */ | 0x00400000u /* RECALL_ON_DATA_ACCESS */)
#define SYMLINK_IS_RELATIVE 1u

/* REPARSE_DATA_BUFFER of both kinds of links. */
struct link {
  ULONG tag;
  USHORT bytes, reserved;
  USHORT target_at, target_bytes, shown_at, shown_bytes;
  uint8_t rest[MAX_REPARSE_BYTES];
};

static HANDLE open_at(HANDLE folder, const wchar_t *name, size_t length, ACCESS_MASK access, ULONG options) {
  UNICODE_STRING text = {(USHORT)(length * 2), (USHORT)(length * 2), (wchar_t *)name};
  OBJECT_ATTRIBUTES attributes;
  IO_STATUS_BLOCK status;
  HANDLE handle = NULL;
  InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE, folder, NULL);
  NTSTATUS result = NtCreateFile(&handle, access | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &status, NULL, 0,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN,
                                 options | FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
  return result >= 0 ? handle : NULL;
}

static HANDLE open_root(const wchar_t *path) {
  wchar_t root[] = L"\\\\?\\X:\\";
  if (path[0] == 0 || path[1] != L':' || path[2] != L'\\') return NULL;
  root[4] = path[0];
  UINT type = GetDriveTypeW(root + 4);
  if (type != DRIVE_FIXED && type != DRIVE_RAMDISK) return NULL;
  HANDLE handle = CreateFileW(root, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
  return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

void close_followed(struct followed *followed) {
  while (followed->depth > 0) CloseHandle(followed->handles[--followed->depth]);
}

static bool tag_of(HANDLE handle, ULONG *attributes, ULONG *tag) {
  FILE_ATTRIBUTE_TAG_INFO info;
  if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info, sizeof info)) return false;
  *attributes = info.FileAttributes;
  *tag = (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ? info.ReparseTag : 0;
  return true;
}

/* Where a link leads: words into `target`, 0 when it cannot be read. A relative one begins with no drive. */
static size_t read_link(HANDLE handle, wchar_t *target, size_t words) {
  struct link link;
  DWORD bytes = 0;
  if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, &link, sizeof link, &bytes, NULL)) return 0;
  /* A symbolic link has flags before its texts. */
  size_t skip = link.tag == IO_REPARSE_TAG_SYMLINK ? sizeof(ULONG) : 0;
  size_t from = skip + link.target_at, length = link.target_bytes / 2;
  if (from + link.target_bytes > sizeof link.rest || length == 0 || length >= words) return 0;
  memcpy(target, link.rest + from, length * 2);
  target[length] = 0;
  return length;
}

/* `path` becomes what the link leads to, followed by what comes behind it. `name` is where the link begins in it. */
static bool replace_link(wchar_t *path, size_t name, size_t end, wchar_t *target, wchar_t *scratch) {
  size_t begin = 0;
  if (wcsncmp(target, L"\\??\\", 4) == 0) begin = 4;
  bool is_absolute = target[begin] != 0 && target[begin + 1] == L':' && target[begin + 2] == L'\\';
  bool is_relative = begin == 0 && target[0] != L'\\' && wcschr(target, L':') == NULL;
  /* Volumes without a letter, other computers, and the root of the current drive. */
  if (!is_absolute && !is_relative) return false;
  size_t kept = is_relative ? name : 0, length = wcslen(target + begin), rest = wcslen(path + end);
  if (kept + length + rest >= MAX_PATH_WORDS) return false;
  wcscpy(scratch, path + end);
  memmove(path + kept, target + begin, length * sizeof *path);
  wcscpy(path + kept + length, scratch);
  return true;
}

/* `..` of a relative link goes by the text: what it is in has no links, since they were replaced. */
static void step_up(wchar_t *path, size_t name, size_t end) {
  size_t above = name > 3 ? name - 1 : 3;
  while (above > 3 && path[above - 1] != L'\\') above--;
  memmove(path + above, path[end] == L'\\' ? path + end + 1 : path + end, (wcslen(path + end) + 1) * sizeof *path);
}

enum step { WENT_ON, IS_REPLACED, IS_LOST };

static enum step walk_one(struct followed *followed, size_t name, size_t end, wchar_t *scratch) {
  wchar_t *path = followed->path;
  ULONG attributes, tag;
  if (end - name == 1 && path[name] == L'.') return WENT_ON;
  if (end - name == 2 && path[name] == L'.' && path[name + 1] == L'.') {
    step_up(path, name, end);
    return IS_REPLACED;
  }
  if (followed->depth == MAX_DEPTH) return IS_LOST;
  HANDLE handle = open_at(followed->handles[followed->depth - 1], path + name, end - name, 0, FILE_OPEN_FOR_BACKUP_INTENT);
  if (handle == NULL) return IS_LOST;
  followed->handles[followed->depth++] = handle;
  if (!tag_of(handle, &attributes, &tag)) return IS_LOST;
  if (tag != IO_REPARSE_TAG_SYMLINK && tag != IO_REPARSE_TAG_MOUNT_POINT) {
    return (tag & IS_NAME_SURROGATE) != 0 ? IS_LOST : WENT_ON;
  }
  wchar_t *target = scratch + MAX_PATH_WORDS;
  if (read_link(handle, target, MAX_PATH_WORDS) == 0) return IS_LOST;
  return replace_link(path, name, end, target, scratch) ? IS_REPLACED : IS_LOST;
}

static enum step walk(struct followed *followed, wchar_t *scratch) {
  HANDLE root = open_root(followed->path);
  if (root == NULL) return IS_LOST;
  followed->handles[followed->depth++] = root;
  for (size_t name = 3; followed->path[name] != 0;) {
    size_t end = name;
    while (followed->path[end] != 0 && followed->path[end] != L'\\') end++;
    if (end > name) {
      enum step step = walk_one(followed, name, end, scratch);
      if (step != WENT_ON) return step;
    }
    name = followed->path[end] == 0 ? end : end + 1;
  }
  return WENT_ON;
}

/* As the disk spells it, with long names. */
static bool final_path(struct followed *followed) {
  wchar_t *path = followed->path;
  DWORD length = GetFinalPathNameByHandleW(followed->handles[followed->depth - 1], path, MAX_PATH_WORDS, VOLUME_NAME_DOS);
  if (length < 7 || length >= MAX_PATH_WORDS || wcsncmp(path, L"\\\\?\\", 4) != 0 || path[5] != L':') return false;
  memmove(path, path + 4, (length - 4 + 1) * sizeof *path);
  return true;
}

bool follow_links(const wchar_t *path, struct followed *followed) {
  followed->depth = 0;
  size_t length = wcslen(path);
  if (length >= MAX_PATH_WORDS) return false;
  wcscpy(followed->path, path);
  wchar_t *scratch = HeapAlloc(GetProcessHeap(), 0, 2 * MAX_PATH_WORDS * sizeof *scratch);
  if (scratch == NULL) return false;
  enum step step = IS_REPLACED;
  for (int links = 0; step == IS_REPLACED && links <= MAX_LINKS; links++) {
    close_followed(followed);
    step = walk(followed, scratch);
  }
  HeapFree(GetProcessHeap(), 0, scratch);
  if (step == WENT_ON && final_path(followed)) return true;
  close_followed(followed);
  return false;
}

HANDLE open_plain_file(HANDLE folder, const wchar_t *name) {
  ULONG attributes, tag;
  HANDLE file = open_at(folder, name, wcslen(name), FILE_READ_DATA, FILE_NON_DIRECTORY_FILE);
  if (file == NULL) return NULL;
  if (tag_of(file, &attributes, &tag) && tag == 0 && (attributes & LIES_ELSEWHERE) == 0) return file;
  CloseHandle(file);
  return NULL;
}
