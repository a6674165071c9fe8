#include "processes.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <windows.h>
#include <winternl.h>

/* Not in every winternl.h. */
#define TELL_PROCESSES 5          /* SystemProcessInformation */
#define TELL_TIME_OF_DAY 3        /* SystemTimeOfDayInformation */
#define TELL_COMMAND_LINE 60      /* ProcessCommandLineInformation, since Windows 8.1 */
#define IS_TOO_SMALL ((LONG)0xC0000004)
#define NOTHING (-1.0)

/* SYSTEM_PROCESS_INFORMATION of a 64-bit system, as far as it is written to. */
#define NAME_AT 0x38
#define LEAST_ENTRY_BYTES 0x100

/* Names lie in the buffer too; what points to them becomes the distance from its beginning, 0 for none. */
static void rebase_names(uint8_t *buffer, uint32_t bytes) {
  for (uint32_t at = 0; bytes >= LEAST_ENTRY_BYTES && at <= bytes - LEAST_ENTRY_BYTES;) {
    UNICODE_STRING name;
    uint32_t next;
    memcpy(&next, buffer + at, sizeof next);
    memcpy(&name, buffer + at + NAME_AT, sizeof name);
    const uint8_t *from = (const uint8_t *)name.Buffer;
    bool inside = from >= buffer && from <= buffer + bytes && name.Length <= (size_t)(buffer + bytes - from);
    uint64_t distance = inside ? (uint64_t)(from - buffer) : 0;
    memcpy(buffer + at + NAME_AT + offsetof(UNICODE_STRING, Buffer), &distance, sizeof distance);
    if (next == 0 || next > bytes - at) return;
    at += next;
  }
}

uint32_t list_all_processes(void *buffer, uint32_t bytes) {
  ULONG needed = 0;
  NTSTATUS status = NtQuerySystemInformation(TELL_PROCESSES, buffer, bytes, &needed);
  if (status == IS_TOO_SMALL) return needed > bytes ? needed : bytes + 1;
  if (status != 0 || needed > bytes) return 0;
  rebase_names(buffer, needed);
  return needed;
}

struct time_of_day {
  LARGE_INTEGER boot, now, zone_bias;
  ULONG zone, reserved;
  ULONGLONG boot_bias, sleep_bias;
};

int read_boot_time(double halves[2]) {
  struct time_of_day time;
  memset(&time, 0, sizeof time);
  ULONG length = 0;
  if (NtQuerySystemInformation(TELL_TIME_OF_DAY, &time, sizeof time, &length) != 0) return 0;
  /* The bias is what setting the clock has moved the boot time by. */
  uint64_t boot = (uint64_t)time.boot.QuadPart - time.boot_bias;
  halves[0] = (double)(uint32_t)boot;
  halves[1] = (double)(uint32_t)(boot >> 32);
  return boot != 0;
}

static double read_executable(HANDLE process, uint8_t *text) {
  DWORD length = FOLDER_AT / 2; /* wide characters */
  return QueryFullProcessImageNameW(process, 0, (WCHAR *)(void *)text, &length) ? (double)length * 2 : NOTHING;
}

/* The system copies it out of the process. A line that is longer than the buffer is not known: a part of it would be taken
   for the whole. */
static double ask_command_line(HANDLE process, uint8_t *text, uint32_t text_bytes) {
  ULONG needed = 0;
  NTSTATUS status = NtQueryInformationProcess(process, TELL_COMMAND_LINE, text, text_bytes, &needed);
  if (status != 0) return NOTHING;
  UNICODE_STRING line;
  memcpy(&line, text, sizeof line);
  const uint8_t *from = (const uint8_t *)line.Buffer;
  if (line.Length == 0) return 0;
  if (from < text || from > text + text_bytes || line.Length > (size_t)(text + text_bytes - from)) return NOTHING;
  memmove(text, from, line.Length);
  return (double)line.Length;
}

/* RTL_USER_PROCESS_PARAMETERS of a 64-bit system, as far as it is read. A 32-bit process has one too. */
struct parameters {
  uint8_t before_folder[0x38];
  UNICODE_STRING folder; /* 0x38 */
  uint8_t before_line[0x70 - 0x48];
  UNICODE_STRING line;   /* 0x70 */
  const uint8_t *environment; /* 0x80 */
  uint8_t before_size[0x3F0 - 0x88];
  uint64_t environment_bytes; /* 0x3F0 */
};
_Static_assert(offsetof(struct parameters, folder) == 0x38 && offsetof(struct parameters, line) == 0x70 &&
                   offsetof(struct parameters, environment) == 0x80 &&
                   offsetof(struct parameters, environment_bytes) == 0x3F0,
               "as the system lays it out");

static bool read_memory(HANDLE process, const void *from, void *to, size_t bytes) {
  SIZE_T read = 0;
  return ReadProcessMemory(process, from, to, bytes, &read) && read == bytes;
}

/* What lies in the process is what the process says: every length is checked against our own buffer. */
static bool read_parameters(HANDLE process, struct parameters *parameters) {
  PROCESS_BASIC_INFORMATION basic;
  const void *at = NULL;
  if (NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof basic, NULL) != 0) return false;
  if (basic.PebBaseAddress == NULL) return false;
  const uint8_t *peb = (const uint8_t *)basic.PebBaseAddress;
  return read_memory(process, peb + 0x20, &at, sizeof at) && read_memory(process, at, parameters, sizeof *parameters);
}

static double read_string(HANDLE process, const UNICODE_STRING *string, uint8_t *text, uint32_t text_bytes) {
  if (string->Length > text_bytes || string->Length % 2 != 0) return NOTHING;
  return read_memory(process, string->Buffer, text, string->Length) ? (double)string->Length : NOTHING;
}

static void read_rest(HANDLE process, double *numbers, uint8_t *text, uint32_t text_bytes, bool environment) {
  struct parameters parameters;
  uint8_t *rest = text + REST_AT;
  uint32_t rest_bytes = text_bytes - REST_AT;
  bool open = read_parameters(process, &parameters);
  if (open) numbers[FOLDER_BYTES] = read_string(process, &parameters.folder, text + FOLDER_AT, SID_AT - FOLDER_AT);
  if (!environment) {
    numbers[REST_BYTES] = ask_command_line(process, rest, rest_bytes);
    if (numbers[REST_BYTES] < 0 && open) numbers[REST_BYTES] = read_string(process, &parameters.line, rest, rest_bytes);
    return;
  }
  uint64_t bytes = open ? parameters.environment_bytes : 0;
  if (bytes > rest_bytes) bytes = rest_bytes;
  if (bytes > 0 && read_memory(process, parameters.environment, rest, bytes)) numbers[REST_BYTES] = (double)bytes;
}

static double read_sid(HANDLE process, uint8_t *text) {
  HANDLE token;
  if (!OpenProcessToken(process, TOKEN_QUERY, &token)) return NOTHING;
  union {
    TOKEN_USER user;
    uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  } owner;
  DWORD length = 0;
  double bytes = NOTHING;
  if (GetTokenInformation(token, TokenUser, &owner, sizeof owner, &length) && IsValidSid(owner.user.User.Sid)) {
    DWORD size = GetLengthSid(owner.user.User.Sid);
    if (size <= REST_AT - SID_AT) {
      memcpy(text + SID_AT, owner.user.User.Sid, size);
      bytes = (double)size;
    }
  }
  CloseHandle(token);
  return bytes;
}

static void read_relations(HANDLE process, uint32_t pid, double *numbers) {
  PROCESS_BASIC_INFORMATION basic;
  DWORD session = 0;
  bool is_known = NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof basic, NULL) == 0;
  numbers[PARENT_ID] = is_known ? (double)(uint32_t)basic.InheritedFromUniqueProcessId : 0;
  numbers[SESSION_ID] = ProcessIdToSessionId(pid, &session) ? (double)session : NOTHING;
}

static HANDLE open_process(uint32_t pid) {
  HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | SYNCHRONIZE, FALSE, pid);
  /* Protected ones tell less, and those of others tell who has no rights over them nothing. */
  return process != NULL ? process : OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, pid);
}

int read_one_process(uint32_t pid, double numbers[PROCESS_NUMBERS], uint8_t *text, uint32_t text_bytes, int environment) {
  if (text_bytes <= REST_AT) return false;
  HANDLE process = open_process(pid);
  if (process == NULL) return false;
  FILETIME created, ended, kernel, user;
  /* A process that has ended can be opened while a handle to it is open. */
  bool has_ended = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
  bool found = !has_ended && GetProcessTimes(process, &created, &ended, &kernel, &user) != 0;
  if (found) {
    /* All through one handle: a pid that is used again meanwhile is never another process. */
    numbers[CREATED_LOW] = created.dwLowDateTime;
    numbers[CREATED_HIGH] = created.dwHighDateTime;
    read_relations(process, pid, numbers);
    numbers[SID_BYTES] = read_sid(process, text);
    numbers[EXECUTABLE_BYTES] = read_executable(process, text);
    numbers[FOLDER_BYTES] = numbers[REST_BYTES] = NOTHING;
    read_rest(process, numbers, text, text_bytes, environment != 0);
  }
  CloseHandle(process);
  return found;
}
