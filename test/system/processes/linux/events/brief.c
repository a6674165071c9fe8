/* A program that lives briefly, and starts such programs. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int run(int times, char *program) {
  char *arguments[] = {program, "end", NULL};
  for (int i = 0; i < times; i++) {
    pid_t pid;
    if (posix_spawn(&pid, program, NULL, NULL, arguments, environ) != 0) return 1;
    waitpid(pid, NULL, 0);
    printf("%d\n", pid);
  }
  return 0;
}

/* Each forks the next ones and ends before them. */
static int bomb(int times) {
  for (int i = 0; i < times; i++) {
    pid_t pid = fork();
    if (pid < 0) return 1;
    if (pid == 0) _exit(0);
    if (i % 16 == 15) while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
  while (wait(NULL) > 0) continue;
  printf("%d\n", times);
  return 0;
}

static int fail(char *first, char *second) {
  size_t bytes = 16 * 1024 * 1024;
  char *long_argument = malloc(bytes + 1);
  memset(long_argument, 'x', bytes);
  long_argument[bytes] = '\0';
  char *too_long[] = {first, long_argument, NULL}, *fitting[] = {second, "end", NULL};
  execve(first, too_long, environ);
  if (errno != E2BIG) return 1;
  execve(second, fitting, environ);
  return 1;
}

int main(int count, char **words) {
  const char *word = count > 1 ? words[1] : "end";
  char byte;
  if (strcmp(word, "title") == 0 && read(0, &byte, 1) == 1) {
    size_t bytes = (size_t)(words[count - 1] + strlen(words[count - 1]) - words[0]);
    memset(words[0], 0, bytes);
    memcpy(words[0], "harmless", 8);
    puts("done");
    fflush(stdout);
    word = "wait";
  }
  if (strcmp(word, "wait") == 0) {
    while (read(0, &byte, 1) > 0) continue;
    return 0;
  }
  if (strcmp(word, "run") == 0 && count > 3) return run(atoi(words[2]), words[3]);
  if (strcmp(word, "bomb") == 0 && count > 2) return bomb(atoi(words[2]));
  if (strcmp(word, "fail") == 0 && count > 3) return fail(words[2], words[3]);
  return 0;
}
