#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "surety.h"

/* Tests are compiled with shorter times. */
#ifndef FIRST_PAUSE_MS
#define FIRST_PAUSE_MS 1000
#define LONGEST_PAUSE_MS 60000
#define STEADY_MS 60000
/* So long an end is not worth a word: the next start says the same again. */
#define SHORT_PAUSE_MS 4000
#endif
#define JOIN_WITHIN_MS 10000
/* Starts without a document before the first one: until then it is not known whether the icon may be seen. */
#define SILENT_STARTS 3

struct feed {
  wchar_t folder[PATH_WORDS];
  void (*heard)(void *given);
  void *given;
  HANDLE thread, stop;
  /* Read by the thread, and ended by whom wants it to end. */
  CRITICAL_SECTION lock;
  struct follower follower;
  bool is_running;
  struct tray_document *volatile newest;
  /* Of the thread alone. */
  bool was_heard, is_visible;
  char line[TRAY_LINE_BYTES];
};

static bool is_stopped(struct feed *feed, DWORD within_ms) { return WaitForSingleObject(feed->stop, within_ms) == WAIT_OBJECT_0; }

static void publish(struct feed *feed, struct tray_document *document) {
  struct tray_document *old = InterlockedExchangePointer((void *volatile *)&feed->newest, document);
  free(old);
  feed->heard(feed->given);
}

struct tray_document *take_document(struct feed *feed) {
  return InterlockedExchangePointer((void *volatile *)&feed->newest, NULL);
}

static void publish_unreadable(struct feed *feed, const char *why) {
  struct tray_document *document = malloc(sizeof *document);
  if (document == NULL) return;
  make_unreadable(document, why, !feed->was_heard || feed->is_visible);
  publish(feed, document);
}

/* @return true if it is a document. */
static bool hear_line(struct feed *feed, size_t length) {
  struct tray_document *document = malloc(sizeof *document);
  if (document == NULL) return false;
  const char *wrong = read_tray_document(feed->line, length, document);
  if (wrong != NULL) {
    free(document);
    publish_unreadable(feed, wrong);
    return false;
  }
  feed->was_heard = true;
  feed->is_visible = document->is_visible;
  publish(feed, document);
  return true;
}

/* Until the output ends. @return true if there was a document in it. */
static bool read_output(struct feed *feed, HANDLE output) {
  static char bytes[16 * 1024];
  size_t length = 0;
  bool was_heard = false, is_too_long = false;
  DWORD count;
  while (ReadFile(output, bytes, sizeof bytes, &count, NULL) && count > 0) {
    for (DWORD at = 0; at < count; at++) {
      if (bytes[at] != '\n') {
        if (length < TRAY_LINE_BYTES) feed->line[length++] = bytes[at];
        else if (!is_too_long) {
          is_too_long = true;
          publish_unreadable(feed, "a line is too long");
        }
        continue;
      }
      if (!is_too_long) was_heard |= hear_line(feed, length);
      is_too_long = false;
      length = 0;
    }
  }
  return was_heard;
}

/* One run of the command line. @return true if it said something. */
static bool run_once(struct feed *feed) {
  struct follower follower = {NULL, NULL, NULL};
  EnterCriticalSection(&feed->lock);
  const bool is_started = !is_stopped(feed, 0) && start_follower(feed->folder, &follower) == 0;
  feed->follower = follower;
  feed->is_running = is_started;
  LeaveCriticalSection(&feed->lock);
  if (!is_started) return false;
  const bool was_heard = read_output(feed, follower.output);
  EnterCriticalSection(&feed->lock);
  feed->is_running = false;
  end_follower(&follower);
  LeaveCriticalSection(&feed->lock);
  return was_heard;
}

static DWORD WINAPI follow(void *given) {
  struct feed *feed = given;
  DWORD pause_ms = FIRST_PAUSE_MS;
  for (unsigned silent = 0;;) {
    const ULONGLONG started_at = GetTickCount64();
    silent = run_once(feed) ? 0 : silent + 1;
    if (GetTickCount64() - started_at > STEADY_MS) pause_ms = FIRST_PAUSE_MS;
    if (is_stopped(feed, 0)) return 0;
    const bool is_lasting = feed->was_heard ? silent > 0 || pause_ms > SHORT_PAUSE_MS : silent >= SILENT_STARTS;
    if (is_lasting) publish_unreadable(feed, "the command line ended");
    if (is_stopped(feed, pause_ms)) return 0;
    pause_ms = pause_ms < LONGEST_PAUSE_MS / 2 ? 2 * pause_ms : LONGEST_PAUSE_MS;
  }
}

struct feed *start_feed(const wchar_t *folder, void (*heard)(void *given), void *given) {
  struct feed *feed = calloc(1, sizeof *feed);
  if (feed == NULL) return NULL;
  wcscpy(feed->folder, folder);
  feed->heard = heard;
  feed->given = given;
  InitializeCriticalSection(&feed->lock);
  feed->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
  feed->thread = feed->stop == NULL ? NULL : CreateThread(NULL, 0, follow, feed, 0, NULL);
  if (feed->thread != NULL) return feed;
  if (feed->stop != NULL) CloseHandle(feed->stop);
  DeleteCriticalSection(&feed->lock);
  free(feed);
  return NULL;
}

void end_feed(struct feed *feed) {
  SetEvent(feed->stop);
  EnterCriticalSection(&feed->lock);
  /* Its end is the end of its output, which the thread waits for. */
  if (feed->is_running) TerminateJobObject(feed->follower.job, 0);
  LeaveCriticalSection(&feed->lock);
  if (WaitForSingleObject(feed->thread, JOIN_WITHIN_MS) != WAIT_OBJECT_0) return;
  CloseHandle(feed->thread);
  CloseHandle(feed->stop);
  DeleteCriticalSection(&feed->lock);
  free(take_document(feed));
  free(feed);
}
