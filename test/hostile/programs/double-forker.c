/* double-forker SHARED [MICROSECONDS]: starts grandchildren whose parent has ended, each of which starts the next. */
#include <sys/wait.h>

#include "living.h"

#define ALIVE 8

static void daemonise(void) {
  pid_t child = fork();
  if (child < 0) return;
  if (child > 0) {
    waitpid(child, NULL, 0);
    return;
  }
  setsid();
  if (fork() != 0) _exit(0);
  begin_process();
}

int main(int count, char **arguments) {
  const uint64_t stay = number_at(count, arguments, 2, 2000);
  begin_living(count, arguments);
  for (int i = 0; i < ALIVE; i++)
    if (fork() == 0) {
      begin_process();
      break;
    }
  for (;;) {
    step_for(stay);
    const pid_t before = getpid();
    daemonise();
    /* The grandchild goes on in its place. */
    if (getpid() == before) _exit(0);
  }
}
