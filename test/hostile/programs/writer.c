/* writer SHARED FILE: appends 1 MB a second; each line of 1,000 bytes begins with its time in nanoseconds, CLOCK_REALTIME. */
#include <inttypes.h>
#include <string.h>

#include "living.h"

#define LINE 1000

int main(int count, char **arguments) {
  char line[LINE];
  if (count < 3) return 2;
  begin_living(count, arguments);
  int fd = open(arguments[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return 2;
  for (uint64_t next = clock_ns(CLOCK_MONOTONIC);; next += 1000000u) {
    memset(line, 'x', sizeof line);
    line[LINE - 1] = '\n';
    step();
    line[snprintf(line, sizeof line, "%" PRIu64 " ", clock_ns(CLOCK_REALTIME))] = 'x';
    if (write(fd, line, sizeof line) != sizeof line) return 3;
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (next > now) rest((next - now) / 1000u);
    else next = now;
  }
}
