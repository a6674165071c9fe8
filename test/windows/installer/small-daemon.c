/* Stands in for node.exe with the daemon: ready at once, and ended by the end of its input. Under the name of the tray it runs until it is killed. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  if (count > 0 && strstr(arguments[0], "surety-tray") != NULL) Sleep(INFINITE);
  fputs("READY=1\n", stdout);
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}
