#include "notices.h"

#include <string.h>
#include <wchar.h>

#define KEY L"Software\\Surety\\Tray"
#define VALUE L"ShownNotices"
#define MOST_IDS 100
#define ID_WORDS (TRAY_WORD_BYTES + 1)

/* As REG_MULTI_SZ has them: ids that end in a NUL, and one NUL more. The oldest is the first. */
static wchar_t shown[MOST_IDS * ID_WORDS + 1];
static bool is_read;

static size_t words_of_all(void) {
  const wchar_t *at = shown;
  while (*at != 0) at += wcslen(at) + 1;
  return (size_t)(at - shown);
}

static void read_shown(void) {
  DWORD bytes = sizeof shown - sizeof *shown;
  if (is_read) return;
  is_read = true;
  /* What does not fit was not written by us. RegGetValue ends it as it should end. */
  if (RegGetValueW(HKEY_CURRENT_USER, KEY, VALUE, RRF_RT_REG_MULTI_SZ, NULL, shown, &bytes) != ERROR_SUCCESS) {
    memset(shown, 0, sizeof shown);
  }
  shown[MOST_IDS * ID_WORDS] = shown[MOST_IDS * ID_WORDS - 1] = 0;
}

static bool was_shown(const struct tray_notice *notice) {
  wchar_t id[ID_WORDS];
  read_shown();
  widen(notice->id, id, ID_WORDS);
  for (const wchar_t *at = shown; *at != 0; at += wcslen(at) + 1) {
    if (wcscmp(at, id) == 0) return true;
  }
  return false;
}

const struct tray_notice *next_notice(const struct tray_document *document) {
  for (uint16_t at = 0; at < document->notice_count; at++) {
    if (!was_shown(&document->notices[at])) return &document->notices[at];
  }
  return NULL;
}

static size_t count_of_all(void) {
  size_t count = 0;
  for (const wchar_t *at = shown; *at != 0; at += wcslen(at) + 1) count++;
  return count;
}

void keep_as_shown(const struct tray_notice *notice) {
  wchar_t id[ID_WORDS];
  read_shown();
  const size_t length = widen(notice->id, id, ID_WORDS);
  /* An id of another program in our value may be longer than ours. */
  while (*shown != 0 && (count_of_all() >= MOST_IDS || words_of_all() + length + 2 > sizeof shown / sizeof *shown)) {
    const size_t first = wcslen(shown) + 1;
    memmove(shown, shown + first, (words_of_all() + 1 - first) * sizeof *shown);
  }
  size_t words = words_of_all();
  memcpy(shown + words, id, (length + 1) * sizeof *id);
  words += length + 1;
  shown[words] = 0;
  RegSetKeyValueW(HKEY_CURRENT_USER, KEY, VALUE, REG_MULTI_SZ, shown, (DWORD)((words + 1) * sizeof *shown));
}
