/* Its first thread ends; another goes on until standard input does. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *go_on(void *unused) {
  char byte;
  (void)unused;
  while (read(0, &byte, 1) > 0) continue;
  _exit(0);
}

int main(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, go_on, NULL) != 0) return 1;
  puts("up");
  fflush(stdout);
  pthread_exit(NULL);
}
