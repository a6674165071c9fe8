#include "window.h"

#include <shellapi.h>
#include <stdlib.h>
#include <windowsx.h>

#include "answer.h"
#include "feed.h"
#include "icon.h"
#include "menu.h"
#include "notices.h"

#define CLASS_NAME L"SuretyTray"
#define WM_TRAY_HEARD (WM_APP + 2)
#define TIMER_ICON 1
#define TIMER_NOTICE 2
/* Until the notification area is there. */
#define ICON_AGAIN_MS 2000
/* A notice that Windows says nothing more of. */
#define NOTICE_OVER_MS 30000
#define EXIT_FAILED 1
/* Sent when a key opens the menu. Headers of mingw-w64 may lack it. */
#define TRAY_KEYSELECT (NIN_SELECT | 0x1)

static struct {
  const wchar_t *folder;
  struct feed *feed;
  struct tray_document *document;
  UINT taskbar_created;
  bool has_menu, has_notice;
} host;

static void show_next_notice(HWND window) {
  if (host.document == NULL || host.has_notice || !is_icon_shown()) return;
  const struct tray_notice *notice = next_notice(host.document);
  if (notice == NULL || !show_notice(window, notice)) return;
  keep_as_shown(notice);
  host.has_notice = true;
  SetTimer(window, TIMER_NOTICE, NOTICE_OVER_MS, NULL);
}

static void end_notice(HWND window) {
  KillTimer(window, TIMER_NOTICE);
  host.has_notice = false;
  show_next_notice(window);
}

static void refresh(HWND window) {
  KillTimer(window, TIMER_ICON);
  if (host.document == NULL) return;
  if (!host.document->is_visible) {
    hide_icon(window);
    return;
  }
  if (!show_icon(window, host.document)) SetTimer(window, TIMER_ICON, ICON_AGAIN_MS, NULL);
  show_next_notice(window);
}

/* Not while a menu is open: its items are those of the document that it was made of. */
static void take_newest(HWND window) {
  wchar_t title[2 * TRAY_TEXT_CHARACTERS + 1];
  if (host.has_menu) return;
  struct tray_document *document = take_document(host.feed);
  if (document == NULL) return;
  free(host.document);
  host.document = document;
  widen(document->title, title, sizeof title / sizeof *title);
  SetWindowTextW(window, title);
  refresh(window);
}

/* It is newer than a notice that stands, so it does not wait for that one. */
static void show_answer(HWND window, struct answer *answer) {
  const struct tray_notice notice = {.id = "", .title = answer->title, .text = answer->text, .is_critical = false};
  if (answer->text[0] != 0 && show_notice(window, &notice)) {
    host.has_notice = true;
    SetTimer(window, TIMER_NOTICE, NOTICE_OVER_MS, NULL);
  }
  free(answer);
}

static void carry_out(HWND window, const struct tray_item *item) {
  wchar_t url[TRAY_WORD_BYTES + 1];
  if (item->kind == TRAY_ACTION) {
    run_action(window, host.folder, host.document, item);
  } else if (item->kind == TRAY_LINK) {
    widen(item->url, url, TRAY_WORD_BYTES + 1);
    ShellExecuteW(NULL, L"open", url, NULL, NULL, SW_SHOWNORMAL);
  }
}

static void open_menu(HWND window, int x, int y) {
  if (host.has_menu || host.document == NULL) return;
  HMENU menu = build_menu(host.document);
  if (menu == NULL) return;
  host.has_menu = true;
  /* Without both, the menu stays open when the user clicks elsewhere. */
  SetForegroundWindow(window);
  const UINT side = GetSystemMetrics(SM_MENUDROPALIGNMENT) != 0 ? TPM_RIGHTALIGN : TPM_LEFTALIGN;
  const UINT flags = TPM_RETURNCMD | TPM_NONOTIFY | TPM_RIGHTBUTTON | side;
  const int command = TrackPopupMenuEx(menu, flags, x, y, window, NULL);
  PostMessageW(window, WM_NULL, 0, 0);
  DestroyMenu(menu);
  if (command > 0 && command <= host.document->item_count) carry_out(window, &host.document->items[command - 1]);
  host.has_menu = false;
  take_newest(window);
}

static void on_icon(HWND window, WPARAM at, UINT event) {
  POINT cursor;
  switch (event) {
    case WM_CONTEXTMENU:
    case NIN_SELECT:
    case TRAY_KEYSELECT:
      open_menu(window, GET_X_LPARAM(at), GET_Y_LPARAM(at));
      break;
    case NIN_BALLOONUSERCLICK:
      end_notice(window);
      if (GetCursorPos(&cursor)) open_menu(window, cursor.x, cursor.y);
      break;
    case NIN_BALLOONHIDE:
    case NIN_BALLOONTIMEOUT:
      end_notice(window);
      break;
    default:
      break;
  }
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM first, LPARAM second) {
  switch (message) {
    case WM_TRAY_HEARD:
      take_newest(window);
      return 0;
    case WM_TRAY_ANSWER:
      show_answer(window, (struct answer *)second);
      return 0;
    case WM_TRAY_ICON:
      on_icon(window, first, LOWORD(second));
      return 0;
    case WM_TIMER:
      if (first == TIMER_ICON) refresh(window);
      if (first == TIMER_NOTICE) end_notice(window);
      return 0;
    case WM_DISPLAYCHANGE:
    case WM_SETTINGCHANGE:
    case WM_DPICHANGED:
      if (is_icon_shown()) refresh(window);
      break;
    case WM_ENDSESSION:
      if (first) DestroyWindow(window);
      return 0;
    case WM_DESTROY:
      hide_icon(window);
      PostQuitMessage(0);
      return 0;
    default:
      if (message == host.taskbar_created && message != 0) {
        forget_icon();
        refresh(window);
        return 0;
      }
      break;
  }
  return DefWindowProcW(window, message, first, second);
}

static void on_heard(void *window) { PostMessageW(window, WM_TRAY_HEARD, 0, 0); }

int run_window(const wchar_t *folder) {
  WNDCLASSEXW kind = {.cbSize = sizeof kind, .lpfnWndProc = on_message, .hInstance = GetModuleHandleW(NULL), .lpszClassName = CLASS_NAME};
  MSG message;
  host.folder = folder;
  host.taskbar_created = RegisterWindowMessageW(L"TaskbarCreated");
  if (!RegisterClassExW(&kind)) return EXIT_FAILED;
  /* A window of its own and not a message-only one: those hear nothing that is said to all. */
  HWND window = CreateWindowExW(WS_EX_TOOLWINDOW, CLASS_NAME, L"Surety", WS_POPUP, 0, 0, 0, 0, NULL, NULL, kind.hInstance, NULL);
  if (window == NULL) return EXIT_FAILED;
  /* Started by an administrator it would not hear the shell, which has fewer rights. */
  ChangeWindowMessageFilterEx(window, host.taskbar_created, MSGFLT_ALLOW, NULL);
  host.feed = start_feed(folder, on_heard, window);
  if (host.feed == NULL) return EXIT_FAILED;
  while (GetMessageW(&message, NULL, 0, 0) > 0) {
    TranslateMessage(&message);
    DispatchMessageW(&message);
  }
  end_feed(host.feed);
  return 0;
}
