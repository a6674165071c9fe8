#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "surety.h"

struct run {
  HWND window;
  HANDLE output;
  struct answer *answer;
};

/* Runs of white space and control characters become one space. What does not fit is left out. */
static void put(struct answer *answer, const char *bytes, DWORD count) {
  size_t length = strlen(answer->text);
  for (DWORD at = 0; at < count && length + 1 < ANSWER_TEXT_BYTES; at++) {
    const bool is_space = (unsigned char)bytes[at] <= ' ' || bytes[at] == 0x7f;
    if (is_space && (length == 0 || answer->text[length - 1] == ' ')) continue;
    answer->text[length++] = is_space ? ' ' : bytes[at];
    answer->text[length] = 0;
  }
}

static void deliver(HWND window, struct answer *answer) {
  const size_t length = strlen(answer->text);
  if (length > 0 && answer->text[length - 1] == ' ') answer->text[length - 1] = 0;
  if (!PostMessageW(window, WM_TRAY_ANSWER, 0, (LPARAM)answer)) free(answer);
}

/* To the end of its output, so that it never waits for us. */
static DWORD WINAPI follow(void *given) {
  struct run *run = given;
  char bytes[512];
  DWORD count;
  while (ReadFile(run->output, bytes, sizeof bytes, &count, NULL) && count > 0) put(run->answer, bytes, count);
  CloseHandle(run->output);
  deliver(run->window, run->answer);
  free(run);
  return 0;
}

void run_action(HWND window, const wchar_t *folder, const struct tray_document *document, const struct tray_item *item) {
  struct run *run = calloc(1, sizeof *run);
  struct answer *answer = calloc(1, sizeof *answer);
  if (run == NULL || answer == NULL) {
    free(run);
    free(answer);
    return;
  }
  snprintf(answer->title, sizeof answer->title, "%s", item->text);
  *run = (struct run){window, NULL, answer};
  const DWORD error = run_surety(folder, document->arguments + item->first_argument, item->argument_count, &run->output);
  HANDLE thread = error == 0 ? CreateThread(NULL, 0, follow, run, 0, NULL) : NULL;
  if (thread != NULL) {
    CloseHandle(thread);
    return;
  }
  if (error == 0) CloseHandle(run->output);
  else snprintf(answer->text, sizeof answer->text, "Surety cannot be started: error %lu of Windows.", error);
  deliver(window, answer);
  free(run);
}
