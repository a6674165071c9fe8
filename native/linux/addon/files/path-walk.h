/* Looks a path up in the root of a process, one name at a time, and only where file systems answer by themselves. */
#ifndef PATH_WALK_H
#define PATH_WALK_H

#include <stddef.h>

#include "../processes/process-read.h"

#define FOLDERS_MOST 64

struct walk {
  /* Whose list of mounts counts. */
  int pid;
  /* The root, the folders below it on the way, and last what the path leads to. */
  int fds[FOLDERS_MOST + 1];
  /* How many of them are below the root. */
  int depth;
  /* Without links. `ends` holds how long it is at each of them: 0 at the root. */
  char path[PATH_MOST];
  size_t ends[FOLDERS_MOST + 1];
};

/* `root` is closed with the walk. */
void walk_begin(struct walk *walk, int pid, int root);
void walk_end(struct walk *walk);

/*
 * Follows links. 0, or -1 with errno: EXDEV where the way leads over a mount of a file system that may not answer, which is not
 * touched.
 */
int walk_to(struct walk *walk, const char *path);

/* `name` in the folder at `fd`, as O_PATH, on the same mount; a link is not followed. -1 with errno. */
int open_beside(int fd, const char *name);

#endif
