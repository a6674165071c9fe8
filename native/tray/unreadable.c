#include "document.h"

/* Of the line below, with the longest reason. */
#define MOST_BYTES 600

static size_t put(char *line, size_t at, const char *text) {
  while (*text != 0 && at < MOST_BYTES) line[at++] = *text++;
  return at;
}

bool make_unreadable(struct tray_document *document, const char *why, bool is_visible) {
  char line[MOST_BYTES];
  size_t length = put(line, 0, "{\"schema\":\"surety/tray@1\",\"state\":\"unreachable\",\"title\":\"Surety: unknown\","
                               "\"tooltip\":\"Surety: the state of this device is not known\",\"visible\":");
  length = put(line, length, is_visible ? "true" : "false");
  length = put(line, length, ",\"items\":[{\"type\":\"text\",\"text\":\"The state of this device is not known\"},"
                             "{\"type\":\"text\",\"text\":\"Surety's answer cannot be read: ");
  length = put(line, length, why);
  length = put(line, length, "\"}]}");
  return read_tray_document(line, length, document) == NULL;
}
