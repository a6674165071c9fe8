/* cgroup-mover SHARED FILE FILE…: moves itself and its children from one cgroup to the next; each FILE is a `cgroup.procs`. */
#include <string.h>

#include "living.h"

#define CHILDREN 4

static void move_to(const char *path) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (write(fd, "0", 1) == 1) living->processes++;
  close(fd);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  begin_living(count, arguments);
  for (int i = 0; i < CHILDREN; i++)
    if (fork() == 0) break;
  for (unsigned at = 0;; at++) {
    move_to(arguments[2 + at % (unsigned)(count - 2)]);
    step();
  }
}
