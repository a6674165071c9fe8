/* cpu-hogs SHARED [COUNT]: COUNT processes that never sleep. */
#include "living.h"

int main(int count, char **arguments) {
  const uint64_t wanted = number_at(count, arguments, 2, 200);
  begin_living(count, arguments);
  for (uint64_t i = 1; i < wanted; i++)
    if (fork() == 0) {
      begin_process();
      break;
    }
  for (;;) step();
}
