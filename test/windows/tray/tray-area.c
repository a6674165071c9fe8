/*
 * Stands in for the notification area of Windows, as Wine's shell32 speaks to it. It prints what it is told: a line for each call, with
 * the tip and the notice if the call has them. A file `refuse-icons` in its folder makes it refuse all, like a shell that is not ready.
 */
#include <windows.h>

#include <shellapi.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CLASS_NAME L"Shell_TrayWnd"
#define ADOPT_EVERY_MS 20

/* As Wine's shell32 sends it, whatever the size of a handle is. */
struct told {
  int32_t window;
  uint32_t id, flags, callback;
  struct {
    uint32_t width, height, planes, bits;
  } icon;
  wchar_t tip[128];
  uint32_t state, state_mask;
  wchar_t notice[256];
  uint32_t version;
  wchar_t notice_title[64];
  uint32_t notice_flags;
};

static void print_text(const char *name, const wchar_t *text) {
  char bytes[2048];
  if (WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL) > 0) printf("  %s: %s\n", name, bytes);
}

static LRESULT hear(const COPYDATASTRUCT *sent) {
  static const char *const CALLS[] = {"add", "modify", "delete", "focus", "version"};
  struct told told;
  memset(&told, 0, sizeof told);
  if (GetFileAttributesW(L"C:\\refuse-icons") != INVALID_FILE_ATTRIBUTES) {
    puts("refused");
    fflush(stdout);
    return FALSE;
  }
  memcpy(&told, sent->lpData, sent->cbData < sizeof told ? sent->cbData : sizeof told);
  puts(sent->dwData < sizeof CALLS / sizeof *CALLS ? CALLS[sent->dwData] : "?");
  if (told.flags & NIF_ICON) printf("  icon: %ux%u\n", told.icon.width, told.icon.height);
  if (told.flags & NIF_TIP) print_text("tip", told.tip);
  if (told.flags & NIF_INFO) {
    print_text("title", told.notice_title);
    print_text("notice", told.notice);
    printf("  urgency: %u\n", told.notice_flags & NIIF_ICON_MASK);
  }
  if (sent->dwData == NIM_SETVERSION) printf("  version: %u\n", told.version);
  fflush(stdout);
  return TRUE;
}

/* Wine's own area comes at any time and may lie above this one. As a child of this one it is not found by its class any more. */
static void adopt_others(HWND own) {
  for (HWND at = NULL; (at = FindWindowExW(NULL, at, CLASS_NAME, NULL)) != NULL;) {
    if (at == own) continue;
    if (SetParent(at, own) == NULL) return;
    at = NULL;
  }
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM first, LPARAM second) {
  if (message == WM_TIMER) adopt_others(window);
  if (message == WM_COPYDATA) return hear((const COPYDATASTRUCT *)second);
  return DefWindowProcW(window, message, first, second);
}

int wmain(void) {
  WNDCLASSEXW kind = {.cbSize = sizeof kind, .lpfnWndProc = on_message, .hInstance = GetModuleHandleW(NULL), .lpszClassName = CLASS_NAME};
  MSG message;
  RegisterClassExW(&kind);
  HWND window = CreateWindowExW(0, CLASS_NAME, L"", WS_POPUP, 0, 0, 0, 0, NULL, NULL, kind.hInstance, NULL);
  if (window == NULL) return 1;
  adopt_others(window);
  SetTimer(window, 1, ADOPT_EVERY_MS, NULL);
  puts("ready");
  fflush(stdout);
  PostMessageW(HWND_BROADCAST, RegisterWindowMessageW(L"TaskbarCreated"), 0, 0);
  while (GetMessageW(&message, NULL, 0, 0) > 0) DispatchMessageW(&message);
  return 0;
}
