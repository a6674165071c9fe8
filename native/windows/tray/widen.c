#include "host.h"

size_t widen(const char *text, wchar_t *wide, size_t words) {
  size_t count = 0;
  for (const unsigned char *at = (const unsigned char *)text; *at != 0;) {
    const int more = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
    unsigned long character = more == 0 ? *at : *at & (0x3fu >> more);
    for (int byte = 1; byte <= more; byte++) character = character << 6 | (at[byte] & 0x3f);
    at += more + 1;
    if (count + (character > 0xffff ? 2 : 1) >= words) break;
    if (character > 0xffff) {
      wide[count++] = (wchar_t)(0xd800 + ((character - 0x10000) >> 10));
      character = 0xdc00 + ((character - 0x10000) & 0x3ff);
    }
    wide[count++] = (wchar_t)character;
  }
  wide[count] = 0;
  return count;
}
