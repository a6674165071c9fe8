/* One process as the kernel tells it. See proc(5). */
#ifndef PROCESS_READ_H
#define PROCESS_READ_H

#include <stdint.h>
#include <sys/types.h>

#include "timed-call.h"

#define COMM_MOST 64
#define PATH_MOST 4096
/* As much of its arguments as of its environment. */
#define MEMORY_MOST (128 * 1024)

struct process_stat {
  long long parent, session, tty, threads, start, uid, stack_start;
  /* A letter; Z for one whose first thread is over. */
  char state;
  unsigned long flags;
  size_t comm_bytes;
  char comm[COMM_MOST];
};

/* FAILED when we are short of something, which says nothing about the process. */
enum outcome { FOUND, ABSENT, FAILED };

/* A process that ended or may not be seen is left out. By errno. */
enum outcome outcome_of(int error);

/* Its folder, and the open file that tells of it. Both are the caller's to close, whatever is answered. */
struct process_files {
  int folder, stat;
};
enum outcome open_process(int pid, struct process_files *to);
void close_process(const struct process_files *files);

/*
 * The file is read again from its beginning. Where the first thread is over and others continue, which anybody can arrange, the
 * folder becomes that of one of them: in its own the kernel tells no more of the process.
 */
enum outcome read_stat(struct process_files *files, struct process_stat *to);
int is_kernel_thread(const struct process_stat *stat);

/*
 * The file that a process runs, whatever path leads to it: device, inode and when the file was made, since inodes are used again;
 * and its owner. All 0 where that may not be seen.
 */
struct program_identity {
  double device, inode, born, owner;
};
/* `folder` is that of the process. Takes what the kernel has cached, so that no network file system is asked; 9p ignores that. */
void read_identity(int folder, struct program_identity *to);

/* What a process was when it began to run a program. Bytes are -1 for what is not to be had. */
struct started_process {
  struct process_stat stat;
  struct program_identity program;
  ssize_t executable_bytes, folder_bytes, arguments_bytes, names_bytes;
  char executable[PATH_MOST], folder[PATH_MOST];
  char arguments[MEMORY_MOST];
  /* Names that end in NUL; `NAME=value` for the few variables whose values are wanted. Other values are in no byte of it. */
  char names[MEMORY_MOST];
};

/*
 * `wanted` holds names, each ends in NUL, and an empty one ends them. Waits as long as the process keeps it waiting, unless
 * `may_wait`, asked before, says no: its arguments and names are then not to be had.
 */
typedef int (*may_wait_for)(void *asked, const struct call_target *who);
enum outcome read_started(int pid, const char *wanted, may_wait_for may_wait, void *asked, struct started_process *to);

#endif
