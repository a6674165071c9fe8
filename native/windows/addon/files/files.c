#include "files.h"

#include <stdbool.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

/* Not in every winternl.h. */
#define FULL_FOLDER_ENTRIES 2 /* FileFullDirectoryInformation */
#define BASIC_INFORMATION 4
#define STANDARD_INFORMATION 5
#define TAG_INFORMATION 35 /* FileAttributeTagInformation */
#define NO_MORE_FILES ((LONG)0x80000006)
#define NO_SUCH_FILE ((LONG)0xC000000F)
#define BUFFER_OVERFLOW ((LONG)0x80000005)
#define ALL_SHARES (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
/* 100 ns between 1601 and 1970. */
#define EPOCH_TICKS 116444736000000000LL

NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE, PVOID, PVOID, IO_STATUS_BLOCK *, PVOID, ULONG, ULONG, BOOLEAN,
                                    UNICODE_STRING *, BOOLEAN);

struct basic {
  LARGE_INTEGER created, read, written, changed;
  ULONG attributes;
};
struct standard {
  LARGE_INTEGER allocated, size;
  ULONG links;
  BOOLEAN deleted, directory;
};
struct tag {
  ULONG attributes, tag;
};
struct device {
  ULONG type, flags;
};

static double failed(NTSTATUS status) {
  ULONG code = RtlNtStatusToDosError(status);
  return code == 0 ? -(double)ERROR_GEN_FAILURE : -(double)code;
}

static double last_error(void) {
  DWORD code = GetLastError();
  return code == 0 ? -(double)ERROR_GEN_FAILURE : -(double)code;
}

/* A handle is a small number in any process, and Node's numbers hold 53 bits of it. */
static HANDLE handle_of(double number) { return (HANDLE)(uintptr_t)number; }

static bool query(HANDLE file, void *to, ULONG bytes, int what, NTSTATUS *status) {
  IO_STATUS_BLOCK done;
  *status = NtQueryInformationFile(file, &done, to, bytes, (FILE_INFORMATION_CLASS)what);
  return *status >= 0;
}

static NTSTATUS describe(HANDLE file, double numbers[FILE_NUMBERS]) {
  NTSTATUS status;
  struct basic basic;
  struct standard standard;
  struct tag tag = {0, 0};
  struct device device;
  IO_STATUS_BLOCK done;
  if (!query(file, &basic, sizeof basic, BASIC_INFORMATION, &status)) return status;
  if (!query(file, &standard, sizeof standard, STANDARD_INFORMATION, &status)) return status;
  if ((basic.attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
      !query(file, &tag, sizeof tag, TAG_INFORMATION, &status)) {
    return status;
  }
  status = NtQueryVolumeInformationFile(file, &done, &device, sizeof device, FileFsDeviceInformation);
  if (status < 0) return status;
  numbers[ATTRIBUTES] = basic.attributes;
  numbers[REPARSE_TAG] = tag.tag;
  numbers[FILE_SIZE] = (double)standard.size.QuadPart;
  numbers[MODIFIED_MS] = (double)((basic.written.QuadPart - EPOCH_TICKS) / 10000);
  numbers[DEVICE_KIND] = device.type;
  numbers[DEVICE_FLAGS] = device.flags;
  return 0;
}

static const struct {
  ACCESS_MASK access;
  ULONG share, options;
} MODES[OPEN_MODES] = {
    [OPEN_FOLDER] = {FILE_READ_ATTRIBUTES, ALL_SHARES, FILE_DIRECTORY_FILE},
    [OPEN_TO_LOOK] = {FILE_READ_ATTRIBUTES | READ_CONTROL, ALL_SHARES, 0},
    /* Of a folder it is the right to list it. */
    [OPEN_TO_READ] = {FILE_READ_ATTRIBUTES | FILE_READ_DATA, ALL_SHARES, 0},
    /* Nothing can take its place, nor that of a folder above it, while it is open like this. */
    [OPEN_TO_KEEP] = {FILE_READ_ATTRIBUTES | FILE_READ_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, 0},
};

/* 0x00400000: what lies on another machine is not fetched. */
#define NO_RECALL 0x00400000
#define ALWAYS (FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT | NO_RECALL)

double file_open(double folder, const uint16_t *name, uint32_t characters, uint32_t mode, double numbers[FILE_NUMBERS]) {
  if (mode >= OPEN_MODES || characters == 0 || characters > UINT16_MAX / 2 - 1) return -(double)ERROR_INVALID_PARAMETER;
  UNICODE_STRING text = {.Length = (USHORT)(characters * 2), .MaximumLength = (USHORT)(characters * 2)};
  text.Buffer = (WCHAR *)(uintptr_t)name;
  OBJECT_ATTRIBUTES where;
  InitializeObjectAttributes(&where, &text, OBJ_CASE_INSENSITIVE, folder == 0 ? NULL : handle_of(folder), NULL);
  IO_STATUS_BLOCK done;
  HANDLE file;
  NTSTATUS status = NtCreateFile(&file, MODES[mode].access | SYNCHRONIZE, &where, &done, NULL, 0, MODES[mode].share,
                                 FILE_OPEN, MODES[mode].options | ALWAYS, NULL, 0);
  if (status < 0) return failed(status);
  status = describe(file, numbers);
  if (status >= 0) return (double)(uintptr_t)file;
  NtClose(file);
  return failed(status);
}

double file_read(double handle, double offset, uint8_t *bytes, uint32_t length) {
  uint64_t at = (uint64_t)offset;
  OVERLAPPED where = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
  DWORD got = 0;
  if (ReadFile(handle_of(handle), bytes, length, &got, &where)) return got;
  return GetLastError() == ERROR_HANDLE_EOF ? 0 : last_error();
}

double file_list(double handle, int restart, uint8_t *bytes, uint32_t length) {
  IO_STATUS_BLOCK done = {0};
  NTSTATUS status = NtQueryDirectoryFile(handle_of(handle), NULL, NULL, NULL, &done, bytes, length, FULL_FOLDER_ENTRIES,
                                         FALSE, NULL, restart != 0);
  if (status == NO_MORE_FILES || status == NO_SUCH_FILE) return 0;
  if (status < 0 && status != BUFFER_OVERFLOW) return failed(status);
  return done.Information > length ? -(double)ERROR_INSUFFICIENT_BUFFER : (double)done.Information;
}

double file_security(double handle, uint8_t *bytes, uint32_t length) {
  const SECURITY_INFORMATION wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  DWORD needed = 0;
  if (!GetKernelObjectSecurity(handle_of(handle), wanted, bytes, length, &needed)) return last_error();
  return needed > length ? -(double)ERROR_INSUFFICIENT_BUFFER : (double)needed;
}

double file_path(double handle, uint16_t *text, uint32_t characters) {
  DWORD length = GetFinalPathNameByHandleW(handle_of(handle), (WCHAR *)text, characters, FILE_NAME_NORMALIZED);
  if (length == 0) return last_error();
  return length >= characters ? -(double)ERROR_INSUFFICIENT_BUFFER : (double)length;
}

void file_close(double handle) { NtClose(handle_of(handle)); }
