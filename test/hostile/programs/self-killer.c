/* self-killer SHARED [MICROSECONDS]: ends itself by a signal after that time, and when it notices that it was paused. */
#include <signal.h>

#include "living.h"

#define PAUSE_NS 20000000u

int main(int count, char **arguments) {
  const uint64_t after = number_at(count, arguments, 2, 0) * 1000u;
  begin_living(count, arguments);
  const uint64_t begun = clock_ns(CLOCK_MONOTONIC);
  for (uint64_t last = begun;;) {
    step();
    rest(200);
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (now - last > PAUSE_NS || (after > 0 && now - begun > after)) kill(getpid(), SIGKILL);
    last = now;
  }
}
