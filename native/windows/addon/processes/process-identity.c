#include "process-identity.h"

/* 1601 to 1970, in units of 100 ns. */
#define EPOCH 116444736000000000ull

uint64_t started_us(HANDLE process) {
  FILETIME created, ended, kernel, user;
  if (!GetProcessTimes(process, &created, &ended, &kernel, &user)) return 0;
  uint64_t time = ((uint64_t)created.dwHighDateTime << 32) | created.dwLowDateTime;
  return time < EPOCH ? 0 : (time - EPOCH) / 10;
}

int has_ended(HANDLE process) {
  return WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
}

enum found find_process(uint32_t pid, uint64_t started, DWORD access, HANDLE *process) {
  HANDLE found = OpenProcess(access | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, pid);
  if (found == NULL) return GetLastError() == ERROR_ACCESS_DENIED ? IS_REFUSED : HAS_ENDED;
  if (has_ended(found) || (started != 0 && started_us(found) != started)) {
    CloseHandle(found);
    return HAS_ENDED;
  }
  *process = found;
  return IS_FOUND;
}
