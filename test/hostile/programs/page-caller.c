/*
 * Starts a program COUNT times at once, each with an argument in a page of FILE. Where nothing answers for that file, who reads the
 * argument waits for ever: the kernel in each exec, and whoever looks at it before.
 *
 *   page-caller FILE PROGRAM COUNT
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

int main(int count, char **words) {
  if (count != 4) return 2;
  const int file = open(words[1], O_RDONLY), callers = atoi(words[3]);
  if (file < 0) return 1;
  for (int i = 0; i < callers; i++) {
    /* A page each: those who wait for the same one wait for its lock, which a signal ends. */
    char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, file, (off_t)i * PAGE);
    if (page == MAP_FAILED || madvise(page, PAGE, MADV_RANDOM) != 0) return 1;
    if (fork() == 0) _exit(execve(words[2], (char *[]){words[2], page, NULL}, (char *[]){NULL}));
  }
  while (wait(NULL) > 0) continue;
  return 0;
}
