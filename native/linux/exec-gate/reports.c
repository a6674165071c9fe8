#include "reports.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROOM 262144
#define REPORT_MOST 9000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char waiting[ROOM];
static size_t used;
/* Reports that did not fit. */
static unsigned long lost;

static int add(const unsigned char *bytes, uint32_t size) {
  if (size > REPORT_MOST || used + sizeof size + size > ROOM) return 0;
  memcpy(waiting + used, &size, sizeof size);
  memcpy(waiting + used + sizeof size, bytes, size);
  used += sizeof size + size;
  return 1;
}

static void add_lost(void) {
  char text[32];
  int size = snprintf(text, sizeof text, "lost%c%lu", '\0', lost) + 1;
  if (lost > 0 && add((const unsigned char *)text, (uint32_t)size)) lost = 0;
}

void report(const char *first, ...) {
  unsigned char bytes[REPORT_MOST];
  uint32_t size = 0;
  int fits = 1;
  va_list list;
  va_start(list, first);
  for (const char *text = first; text != NULL; text = va_arg(list, const char *)) {
    size_t length = strlen(text) + 1;
    fits = fits && size + length <= sizeof bytes;
    if (!fits) continue;
    memcpy(bytes + size, text, length);
    size += (uint32_t)length;
  }
  va_end(list);
  pthread_mutex_lock(&lock);
  add_lost();
  if (!fits || !add(bytes, size)) lost++;
  pthread_mutex_unlock(&lock);
  reports_send();
}

int reports_wait(void) {
  pthread_mutex_lock(&lock);
  int waits = used > 0 || lost > 0;
  pthread_mutex_unlock(&lock);
  return waits;
}

int reports_send(void) {
  int result = 0;
  pthread_mutex_lock(&lock);
  add_lost();
  while (used > 0) {
    ssize_t bytes = write(STDOUT_FILENO, waiting, used);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) {
      if (errno != EAGAIN) result = -1;
      break;
    }
    used -= (size_t)bytes;
    memmove(waiting, waiting + bytes, used);
  }
  pthread_mutex_unlock(&lock);
  return result;
}
