#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <tlhelp32.h>
#include <wchar.h>

#include "feed.h"
#include "menu.h"
#include "surety.h"
#include "window.h"

#define EXIT_FAILED 1
#define WRONG_USAGE 2
#define PRINT_WITHIN_MS 30000
#define END_WITHIN_MS 10000
#define ENDED 0

static const char USAGE[] =
    "Usage: surety-tray [--print-menu | --quit | --version | --help]\n"
    "\n"
    "  --print-menu   print the menu that the icon would have now\n"
    "  --quit         end all icons of this installation that you may end\n"
    "\n"
    "Without an argument it shows the icon. There is one in each session.\n";

static void on_heard(void *event) { SetEvent(event); }

static int print_menu_once(const wchar_t *folder) {
  HANDLE heard = CreateEventW(NULL, FALSE, FALSE, NULL);
  struct feed *feed = heard == NULL ? NULL : start_feed(folder, on_heard, heard);
  if (feed == NULL) return EXIT_FAILED;
  WaitForSingleObject(heard, PRINT_WITHIN_MS);
  struct tray_document *document = take_document(feed);
  end_feed(feed);
  CloseHandle(heard);
  if (document == NULL) {
    fprintf(stderr, "surety-tray: surety does not answer\n");
    return EXIT_FAILED;
  }
  HMENU menu = build_menu(document);
  if (menu != NULL) {
    print_menu(menu, document);
    DestroyMenu(menu);
  }
  free(document);
  return menu == NULL ? EXIT_FAILED : 0;
}

static bool is_of_program(HANDLE process, const wchar_t *path) {
  wchar_t found[PATH_WORDS];
  DWORD words = PATH_WORDS;
  return QueryFullProcessImageNameW(process, 0, found, &words) && _wcsicmp(found, path) == 0;
}

/* Windows of other sessions cannot be reached, so they are ended without a word. Their jobs end what they started. */
static int quit_all(const wchar_t *path) {
  PROCESSENTRY32W entry = {.dwSize = sizeof entry};
  HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  int code = 0;
  if (all == INVALID_HANDLE_VALUE) return EXIT_FAILED;
  HWND own = FindWindowW(L"SuretyTray", NULL);
  if (own != NULL) PostMessageW(own, WM_CLOSE, 0, 0);
  DWORD own_pid = 0;
  if (own != NULL) GetWindowThreadProcessId(own, &own_pid);
  for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry)) {
    if (entry.th32ProcessID == GetCurrentProcessId() || _wcsicmp(entry.szExeFile, wcsrchr(path, L'\\') + 1) != 0) continue;
    HANDLE process = OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, entry.th32ProcessID);
    if (process == NULL) continue;
    if (is_of_program(process, path)) {
      const bool was_asked = entry.th32ProcessID == own_pid && WaitForSingleObject(process, END_WITHIN_MS) == WAIT_OBJECT_0;
      if (!was_asked && !(TerminateProcess(process, ENDED) && WaitForSingleObject(process, END_WITHIN_MS) == WAIT_OBJECT_0)) {
        code = EXIT_FAILED;
      }
    }
    CloseHandle(process);
  }
  CloseHandle(all);
  return code;
}

static int show(const wchar_t *folder) {
  /* One for each session: names without `Global\` are the session's own. */
  HANDLE only = CreateMutexW(NULL, TRUE, L"Local\\org.surety.tray");
  if (only == NULL || GetLastError() == ERROR_ALREADY_EXISTS) return 0;
  return run_window(folder);
}

int wmain(int count, wchar_t **arguments) {
  static wchar_t path[PATH_WORDS], folder[PATH_WORDS];
  const wchar_t *option = count == 2 ? arguments[1] : L"";
  /* Libraries of Windows alone, and no windows that wait for a person. */
  SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  if (!find_own_folder(path, folder)) {
    fprintf(stderr, "surety-tray: its own path is too long\n");
    return EXIT_FAILED;
  }
  if (count == 1) return show(folder);
  if (wcscmp(option, L"--print-menu") == 0) return print_menu_once(folder);
  if (wcscmp(option, L"--quit") == 0) return quit_all(path);
  if (wcscmp(option, L"--version") == 0) {
    printf("surety-tray %s\n", SURETY_VERSION);
    return 0;
  }
  if (wcscmp(option, L"--help") == 0) {
    fputs(USAGE, stdout);
    return 0;
  }
  fputs(USAGE, stderr);
  return WRONG_USAGE;
}
