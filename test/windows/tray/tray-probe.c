/*
 * What a user does with the icon, and what there is to see, for tests: `tray-probe COMMAND [ARGUMENT]`.
 *
 *   open X Y     as a click on the icon at this place of the screen
 *   menu         how many menus are open
 *   key NUMBER   a key, by its virtual code, for the open menu
 *   event NUMBER any event of the icon, such as the end of a notice
 *   area         as the shell does when the notification area is a new one
 *   session      as Windows does at the end of the session
 *   close        the window that owns the icon
 *   title        its title
 */
#include <windows.h>

#include <shellapi.h>
#include <stdio.h>
#include <wchar.h>

#define WM_TRAY_ICON (WM_APP + 1)
#define MOST_WORDS 512
#define NOT_THERE 3

static BOOL CALLBACK count_menu(HWND window, LPARAM count) {
  wchar_t name[64];
  if (IsWindowVisible(window) && GetClassNameW(window, name, 64) > 0 && wcscmp(name, L"#32768") == 0) ++*(int *)count;
  return TRUE;
}

int wmain(int count, wchar_t **arguments) {
  const wchar_t *command = count > 1 ? arguments[1] : L"";
  const long first = count > 2 ? wcstol(arguments[2], NULL, 0) : 0, second = count > 3 ? wcstol(arguments[3], NULL, 0) : 0;
  HWND window = FindWindowW(L"SuretyTray", NULL);
  if (window == NULL) return NOT_THERE;
  if (wcscmp(command, L"open") == 0) return !PostMessageW(window, WM_TRAY_ICON, MAKEWPARAM(first, second), NIN_SELECT);
  if (wcscmp(command, L"event") == 0) return !PostMessageW(window, WM_TRAY_ICON, 0, first);
  if (wcscmp(command, L"key") == 0) return !PostMessageW(window, WM_KEYDOWN, (WPARAM)first, 0);
  if (wcscmp(command, L"area") == 0) return !PostMessageW(HWND_BROADCAST, RegisterWindowMessageW(L"TaskbarCreated"), 0, 0);
  if (wcscmp(command, L"session") == 0) {
    if (!SendMessageW(window, WM_QUERYENDSESSION, 0, 0)) return 1;
    SendMessageW(window, WM_ENDSESSION, TRUE, 0);
    return 0;
  }
  if (wcscmp(command, L"close") == 0) return !PostMessageW(window, WM_CLOSE, 0, 0);
  if (wcscmp(command, L"title") == 0) {
    wchar_t title[MOST_WORDS] = L"";
    char bytes[4 * MOST_WORDS];
    GetWindowTextW(window, title, MOST_WORDS);
    if (WideCharToMultiByte(CP_UTF8, 0, title, -1, bytes, sizeof bytes, NULL, NULL) > 0) puts(bytes);
    return 0;
  }
  if (wcscmp(command, L"menu") == 0) {
    int menus = 0;
    EnumWindows(count_menu, (LPARAM)&menus);
    printf("%d\n", menus);
    return 0;
  }
  return 2;
}
