#include "log.h"

#include <windows.h>

#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>

#include "data-folder.h"
#include "service.h"

#define LINE_BYTES 400
#define SERVICE_LOG_BYTES (1024 * 1024)
#define DAEMON_LOG_BYTES (10 * 1024 * 1024)

struct log_file {
  CRITICAL_SECTION lock;
  HANDLE file;
  LONGLONG size, most;
  wchar_t path[PATH_WORDS];
};

static struct log_file service_log, daemon_log;

static HANDLE open_to_append(const wchar_t *path) {
  /* Readers and a rename by an administrator are allowed. A link is opened itself, and not what it leads to. */
  return CreateFileW(path, FILE_APPEND_DATA | FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                     NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

static void open_file(struct log_file *log) {
  LARGE_INTEGER size;
  log->file = open_to_append(log->path);
  log->size = log->file != INVALID_HANDLE_VALUE && GetFileSizeEx(log->file, &size) ? size.QuadPart : 0;
}

static void rotate(struct log_file *log) {
  wchar_t old[PATH_WORDS + 4];
  CloseHandle(log->file);
  _snwprintf(old, PATH_WORDS + 4, L"%ls.1", log->path);
  old[PATH_WORDS + 3] = 0;
  MoveFileExW(log->path, old, MOVEFILE_REPLACE_EXISTING);
  open_file(log);
}

static void write_log(struct log_file *log, const char *bytes, size_t count) {
  DWORD written;
  if (log->most == 0) return;
  EnterCriticalSection(&log->lock);
  /* A rename that failed leaves a full file; it is written on, because a lost line is worse. */
  if (log->file != INVALID_HANDLE_VALUE && log->size > 0 && log->size + (LONGLONG)count > log->most) rotate(log);
  if (log->file != INVALID_HANDLE_VALUE && WriteFile(log->file, bytes, (DWORD)count, &written, NULL)) log->size += written;
  LeaveCriticalSection(&log->lock);
}

static void report_to_event_log(const wchar_t *text) {
  HANDLE source = RegisterEventSourceW(NULL, SERVICE_NAME);
  if (source == NULL) return;
  ReportEventW(source, EVENTLOG_WARNING_TYPE, 0, 1, NULL, 1, 0, &text, NULL);
  DeregisterEventSource(source);
}

static void open_log(struct log_file *log, const wchar_t *folder, const wchar_t *name, LONGLONG most) {
  InitializeCriticalSection(&log->lock);
  _snwprintf(log->path, PATH_WORDS - 1, L"%ls\\%ls", folder, name);
  log->most = most;
  open_file(log);
}

bool open_logs(void) {
  wchar_t folder[PATH_WORDS];
  if (!prepare_data_folder(folder, L"logs")) {
    report_to_event_log(L"The folder for the logs of Surety cannot be used: it cannot be created, or belongs to another user.");
    return false;
  }
  open_log(&service_log, folder, L"service.log", SERVICE_LOG_BYTES);
  open_log(&daemon_log, folder, L"suretyd.log", DAEMON_LOG_BYTES);
  return true;
}

void log_line(const char *format, ...) {
  char text[LINE_BYTES + 32];
  SYSTEMTIME now;
  va_list values;
  GetSystemTime(&now);
  int begun = snprintf(text, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ ", now.wYear, now.wMonth, now.wDay, now.wHour, now.wMinute,
                       now.wSecond, now.wMilliseconds);
  va_start(values, format);
  int said = vsnprintf(text + begun, LINE_BYTES, format, values);
  va_end(values);
  if (said < 0) return;
  size_t count = (size_t)begun + (said < LINE_BYTES ? (size_t)said : LINE_BYTES - 1);
  text[count] = '\n';
  write_log(&service_log, text, count + 1);
}

void log_daemon(const char *bytes, size_t count) { write_log(&daemon_log, bytes, count); }
