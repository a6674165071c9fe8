/* sigcont-sender SHARED: processes in sessions of their own that wake each other without end. */
#include <signal.h>

#include "living.h"

#define FRIENDS 4

int main(int count, char **arguments) {
  begin_living(count, arguments);
  pid_t *friends = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (friends == MAP_FAILED) return 2;
  int own = 0;
  for (int i = 1; i < FRIENDS; i++)
    if (fork() == 0) {
      setsid();
      begin_process();
      own = i;
      break;
    }
  __atomic_store_n(&friends[own], getpid(), __ATOMIC_SEQ_CST);
  for (;;) {
    for (int i = 0; i < FRIENDS; i++) {
      const pid_t other = __atomic_load_n(&friends[i], __ATOMIC_SEQ_CST);
      if (i != own && other > 0) kill(other, SIGCONT);
    }
    step();
  }
}
