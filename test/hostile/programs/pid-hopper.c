/* pid-hopper SHARED [MICROSECONDS]: a process that forks, ends, and goes on in its child, in a session of its own. */
#include "living.h"

int main(int count, char **arguments) {
  const uint64_t stay = number_at(count, arguments, 2, 0);
  begin_living(count, arguments);
  for (;;) {
    step();
    if (stay > 0) rest(stay);
    pid_t child = fork();
    if (child > 0) _exit(0);
    if (child < 0) continue;
    setsid();
    begin_process();
  }
}
