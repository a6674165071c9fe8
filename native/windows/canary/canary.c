/*
 * surety-canary.exe COUNTS: what a drill stops in place of an agent. A process and its child count in a file that both have mapped:
 * two 64-bit numbers. They begin with the first byte of standard input, and end with its end, and after ten minutes in any case.
 */
#include <stdint.h>
#include <stdbool.h>
#include <wchar.h>
#include <windows.h>

#define LONGEST_MS (600u * 1000)
#define COMMAND_WORDS 33000

static volatile uint64_t *map_counts(const wchar_t *path) {
  HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return NULL;
  HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 2 * sizeof(uint64_t), NULL);
  CloseHandle(file);
  if (mapping == NULL) return NULL;
  uint64_t *counts = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 2 * sizeof *counts);
  CloseHandle(mapping);
  return counts;
}

static bool input_has_ended(void) {
  return !PeekNamedPipe(GetStdHandle(STD_INPUT_HANDLE), NULL, 0, NULL, NULL, NULL);
}

static int count_in(volatile uint64_t *counter, bool is_parent) {
  const ULONGLONG begun = GetTickCount64();
  while (GetTickCount64() - begun < LONGEST_MS && !(is_parent && input_has_ended())) {
    ++*counter;
    Sleep(1);
  }
  return 0;
}

/* The child ends with this program, also when it is suspended. */
static bool start_child(const wchar_t *counts) {
  static wchar_t command[COMMAND_WORDS], program[COMMAND_WORDS];
  STARTUPINFOW startup = {.cb = sizeof startup};
  PROCESS_INFORMATION child;
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  DWORD words = GetModuleFileNameW(NULL, program, COMMAND_WORDS);
  if (words == 0 || words >= COMMAND_WORDS || words + wcslen(counts) + 16 >= COMMAND_WORDS) return false;
  swprintf(command, COMMAND_WORDS, L"\"%ls\" \"%ls\" child", program, counts);
  HANDLE job = CreateJobObjectW(NULL, NULL);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (job == NULL || !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) return false;
  if (!CreateProcessW(program, command, NULL, NULL, FALSE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL, NULL, &startup, &child)) {
    return false;
  }
  bool is_inside = AssignProcessToJobObject(job, child.hProcess) && ResumeThread(child.hThread) != (DWORD)-1;
  if (!is_inside) TerminateProcess(child.hProcess, 2);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
  return is_inside;
}

int wmain(int argc, wchar_t **argv) {
  char byte;
  DWORD got = 0;
  if (argc < 2) return 2;
  volatile uint64_t *counts = map_counts(argv[1]);
  if (counts == NULL) return 2;
  if (argc > 2) return count_in(&counts[1], false);
  if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &got, NULL) || got != 1 || !start_child(argv[1])) return 2;
  return count_in(&counts[0], true);
}
