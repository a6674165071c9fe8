#include "programs.h"

#include <tlhelp32.h>
#include <userenv.h>
#include <wchar.h>
#include <wtsapi32.h>

#include "../service/service.h"

/* One that ends may just have started another. */
#define PASSES 10
#define END_WITHIN_MS 5000

static bool lies_in(HANDLE process, const wchar_t *folder) {
  wchar_t path[PATH_WORDS];
  DWORD length = PATH_WORDS;
  return QueryFullProcessImageNameW(process, 0, path, &length) && _wcsnicmp(path, folder, wcslen(folder)) == 0;
}

/* @return how many there were. */
static unsigned end_once(const wchar_t *folder) {
  PROCESSENTRY32W entry = {.dwSize = sizeof entry};
  unsigned count = 0;
  HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  if (list == INVALID_HANDLE_VALUE) return 0;
  for (BOOL is_more = Process32FirstW(list, &entry); is_more; is_more = Process32NextW(list, &entry)) {
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE | SYNCHRONIZE, FALSE, entry.th32ProcessID);
    if (process == NULL) continue;
    if (lies_in(process, folder)) {
      count++;
      TerminateProcess(process, 0);
      WaitForSingleObject(process, END_WITHIN_MS);
    }
    CloseHandle(process);
  }
  CloseHandle(list);
  return count;
}

bool end_programs(const wchar_t *folder) {
  for (int pass = 0; pass < PASSES; pass++) {
    if (end_once(folder) == 0) return true;
  }
  return false;
}

static void start_in_session(const wchar_t *program, DWORD session) {
  wchar_t command[PATH_WORDS + 2], desktop[] = L"winsta0\\default";
  STARTUPINFOW start = {.cb = sizeof start, .lpDesktop = desktop};
  PROCESS_INFORMATION created;
  void *environment = NULL;
  HANDLE user;
  /* Of a session without a user there is none. */
  if (!WTSQueryUserToken(session, &user)) return;
  _snwprintf(command, PATH_WORDS + 2, L"\"%ls\"", program);
  if (CreateEnvironmentBlock(&environment, user, FALSE)) {
    if (CreateProcessAsUserW(user, program, command, NULL, NULL, FALSE, CREATE_UNICODE_ENVIRONMENT, environment, NULL, &start,
                             &created)) {
      CloseHandle(created.hThread);
      CloseHandle(created.hProcess);
    }
    DestroyEnvironmentBlock(environment);
  }
  CloseHandle(user);
}

void start_for_users(const wchar_t *program) {
  WTS_SESSION_INFOW *sessions;
  DWORD count;
  if (wcslen(program) >= PATH_WORDS || !WTSEnumerateSessionsW(WTS_CURRENT_SERVER_HANDLE, 0, 1, &sessions, &count)) return;
  for (DWORD at = 0; at < count; at++) {
    if (sessions[at].State == WTSActive || sessions[at].State == WTSDisconnected) start_in_session(program, sessions[at].SessionId);
  }
  WTSFreeMemory(sessions);
}
