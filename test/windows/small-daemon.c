/* Stands in for node.exe with the daemon: ready at once, and ended by the end of its input. */
#include <stdio.h>

int main(void) {
  fputs("READY=1\n", stdout);
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
