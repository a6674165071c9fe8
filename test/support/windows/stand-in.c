/* Stands in for a program of Windows that Wine only pretends to have. Beside it lies a file of its own name with `.answer`: a line
   with an exit code and milliseconds to wait, then what it prints. Its command line goes to a file with `.asked`. */
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#define MOST_BYTES (1024 * 1024)

static HANDLE open_beside(const wchar_t *ending, DWORD rights, DWORD how) {
  wchar_t path[1024];
  if (GetModuleFileNameW(NULL, path, 1000) == 0) return INVALID_HANDLE_VALUE;
  wcscat(path, ending);
  return CreateFileW(path, rights, FILE_SHARE_READ, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
}

int main(void) {
  static char text[MOST_BYTES + 1];
  DWORD length = 0, written = 0;
  HANDLE asked = open_beside(L".asked", GENERIC_WRITE, CREATE_ALWAYS);
  const wchar_t *line = GetCommandLineW();
  WriteFile(asked, line, (DWORD)(wcslen(line) * sizeof *line), &written, NULL);
  CloseHandle(asked);
  HANDLE answer = open_beside(L".answer", GENERIC_READ, OPEN_EXISTING);
  if (answer == INVALID_HANDLE_VALUE || !ReadFile(answer, text, MOST_BYTES, &length, NULL)) return 99;
  CloseHandle(answer);
  char *rest = text;
  long code = strtol(rest, &rest, 10), wait = strtol(rest, &rest, 10);
  if (rest < text + length && *rest == '\n') rest++;
  Sleep((DWORD)wait);
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), rest, (DWORD)(text + length - rest), &written, NULL);
  return (int)code;
}
