#include "icon.h"

#include <shellapi.h>
#include <string.h>

#define ICON_ID 1

static bool is_shown;
static HICON loaded;

/* Of the screen that the notification area is on. */
static UINT area_dpi(void) {
  HWND area = FindWindowW(L"Shell_TrayWnd", NULL);
  const UINT dpi = area == NULL ? 0 : GetDpiForWindow(area);
  return dpi == 0 ? GetDpiForSystem() : dpi;
}

/* Each shape has a number in tray.rc: a shield with a tick, an exclamation mark, pause bars, a question mark. */
static const WORD SHAPES[TRAY_STATES] = {1, 2, 3, 4, 4, 4};

static HICON load_icon(enum tray_state state) {
  const UINT dpi = area_dpi();
  const int width = GetSystemMetricsForDpi(SM_CXSMICON, dpi), height = GetSystemMetricsForDpi(SM_CYSMICON, dpi);
  return LoadImageW(GetModuleHandleW(NULL), MAKEINTRESOURCEW(SHAPES[state]), IMAGE_ICON, width, height, 0);
}

static NOTIFYICONDATAW icon_of(HWND window) {
  NOTIFYICONDATAW data;
  memset(&data, 0, sizeof data);
  data.cbSize = sizeof data;
  data.hWnd = window;
  data.uID = ICON_ID;
  return data;
}

bool show_icon(HWND window, const struct tray_document *document) {
  NOTIFYICONDATAW data = icon_of(window);
  HICON old = loaded;
  data.uFlags = NIF_MESSAGE | NIF_ICON | NIF_TIP | NIF_SHOWTIP;
  data.uCallbackMessage = WM_TRAY_ICON;
  loaded = load_icon(document->state);
  data.hIcon = loaded;
  widen(document->tooltip, data.szTip, sizeof data.szTip / sizeof *data.szTip);
  /* After a modification that fails the icon is not there any more. */
  bool is_there = is_shown && Shell_NotifyIconW(NIM_MODIFY, &data);
  if (!is_there && Shell_NotifyIconW(NIM_ADD, &data)) {
    data.uVersion = NOTIFYICON_VERSION_4;
    is_there = Shell_NotifyIconW(NIM_SETVERSION, &data);
  }
  if (old != NULL) DestroyIcon(old);
  is_shown = is_there;
  return is_there;
}

void hide_icon(HWND window) {
  NOTIFYICONDATAW data = icon_of(window);
  if (is_shown) Shell_NotifyIconW(NIM_DELETE, &data);
  is_shown = false;
}

void forget_icon(void) { is_shown = false; }

bool is_icon_shown(void) { return is_shown; }

bool show_notice(HWND window, const struct tray_notice *notice) {
  NOTIFYICONDATAW data = icon_of(window);
  data.uFlags = NIF_INFO;
  data.dwInfoFlags = NIIF_RESPECT_QUIET_TIME | (notice->is_critical ? NIIF_WARNING : NIIF_INFO);
  widen(notice->title, data.szInfoTitle, sizeof data.szInfoTitle / sizeof *data.szInfoTitle);
  widen(notice->text, data.szInfo, sizeof data.szInfo / sizeof *data.szInfo);
  return is_shown && Shell_NotifyIconW(NIM_MODIFY, &data);
}
