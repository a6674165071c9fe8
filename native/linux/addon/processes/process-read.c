/* Reading of one process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "process-read.h"

#define PF_KTHREAD 0x00200000UL /* include/linux/sched.h */
#define STAT_BYTES 4096
/* Of a process whose first is over. */
#define MOST_THREADS 64

enum outcome outcome_of(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM ? FAILED : ABSENT;
}

/* The name may hold anything, brackets and spaces too: the last bracket ends it. */
static int parse_stat(char *text, struct process_stat *to) {
  char *open = strchr(text, '('), *close = strrchr(text, ')');
  if (open == NULL || close == NULL || close < open || close[1] != ' ') return 0;
  to->comm_bytes = (size_t)(close - open - 1);
  if (to->comm_bytes > sizeof to->comm) to->comm_bytes = sizeof to->comm;
  memcpy(to->comm, open + 1, to->comm_bytes);
  char *at = close + 2, *end = at + 1; /* field 3 is a letter */
  if (*at == '\0') return 0;
  to->state = *at;
  for (int field = 4; field <= 28; field++) {
    if (*end != ' ') return 0;
    at = end + 1;
    long long value = field == 28 ? (long long)strtoull(at, &end, 10) : strtoll(at, &end, 10);
    if (end == at) return 0;
    if (field == 4) to->parent = value;
    if (field == 6) to->session = value;
    if (field == 7) to->tty = value;
    if (field == 9) to->flags = (unsigned long)value;
    if (field == 20) to->threads = value;
    if (field == 22) to->start = value;
    if (field == 28) to->stack_start = value;
  }
  return 1;
}

/* Through a descriptor of its folder: a pid that is used again meanwhile is never another process. */
enum outcome open_process(int pid, struct process_files *to) {
  char path[32];
  to->folder = to->stat = -1;
  snprintf(path, sizeof path, "/proc/%d", pid);
  to->folder = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (to->folder < 0) return outcome_of(errno);
  to->stat = openat(to->folder, "stat", O_RDONLY | O_CLOEXEC);
  return to->stat < 0 ? outcome_of(errno) : FOUND;
}

void close_process(const struct process_files *files) {
  int error = errno;
  if (files->stat >= 0) close(files->stat);
  if (files->folder >= 0) close(files->folder);
  errno = error;
}

static void enter_live_thread(struct process_files *files) {
  int tasks = openat(files->folder, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = tasks < 0 ? NULL : fdopendir(tasks);
  if (list == NULL) {
    if (tasks >= 0) close(tasks);
    return;
  }
  char byte;
  int tried = 0, entered = 0;
  for (struct dirent *entry; !entered && tried < MOST_THREADS && (entry = readdir(list)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    tried++;
    int folder = openat(tasks, entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    entered = folder >= 0 && readlinkat(folder, "exe", &byte, 1) == 1;
    if (entered) dup3(folder, files->folder, O_CLOEXEC);
    if (folder >= 0) close(folder);
  }
  closedir(list);
}

enum outcome read_stat(struct process_files *files, struct process_stat *to) {
  char text[STAT_BYTES];
  struct stat owner;
  ssize_t bytes = pread(files->stat, text, sizeof text - 1, 0);
  if (bytes < 0) return outcome_of(errno);
  text[bytes] = '\0';
  if (!parse_stat(text, to)) return ABSENT;
  /* Of the folder and not of a file in it: those are root's as soon as a process forbids being dumped. */
  if (fstat(files->folder, &owner) != 0) return outcome_of(errno);
  to->uid = owner.st_uid;
  if (to->state == 'Z' && to->threads > 1) enter_live_thread(files);
  return FOUND;
}

int is_kernel_thread(const struct process_stat *stat) { return (stat->flags & PF_KTHREAD) != 0; }

void read_identity(int folder, struct program_identity *to) {
  struct statx file;
  *to = (struct program_identity){0};
  if (statx(folder, "exe", AT_STATX_DONT_SYNC, STATX_INO | STATX_UID | STATX_MTIME | STATX_BTIME, &file) != 0) return;
  /* Without a time of birth: one that the owner can change, and then it is another file to us. */
  const struct statx_timestamp *born = (file.stx_mask & STATX_BTIME) != 0 ? &file.stx_btime : &file.stx_mtime;
  to->device = (double)makedev(file.stx_dev_major, file.stx_dev_minor);
  to->inode = (double)file.stx_ino;
  to->born = (double)born->tv_sec + born->tv_nsec / 1e9;
  to->owner = file.stx_uid;
}

static ssize_t read_memory(int folder, const char *name, char *to) {
  int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t bytes = read(fd, to, MEMORY_MOST);
  close(fd);
  return bytes;
}

static int is_wanted(const char *wanted, const char *name, size_t bytes) {
  for (; *wanted != '\0'; wanted += strlen(wanted) + 1)
    if (strncmp(wanted, name, bytes) == 0 && wanted[bytes] == '\0') return 1;
  return 0;
}

/* Leaves names where the environment was, and wipes the rest. */
static ssize_t keep_names(char *text, size_t bytes, const char *wanted) {
  size_t kept = 0;
  for (size_t at = 0, end; at < bytes; at = end + 1) {
    for (end = at; end < bytes && text[end] != '\0';) end++;
    char *equals = memchr(text + at, '=', end - at);
    if (equals == NULL) continue;
    size_t name = (size_t)(equals - (text + at));
    size_t length = is_wanted(wanted, text + at, name) ? end - at : name;
    memmove(text + kept, text + at, length);
    kept += length;
    if (kept < bytes) text[kept++] = '\0';
  }
  memset(text + kept, 0, bytes - kept);
  return (ssize_t)kept;
}

static void read_memories(const struct process_files *files, const char *wanted, struct started_process *to) {
  to->arguments_bytes = read_memory(files->folder, "cmdline", to->arguments);
  ssize_t environment = read_memory(files->folder, "environ", to->names);
  to->names_bytes = environment < 0 ? -1 : keep_names(to->names, (size_t)environment, wanted);
}

enum outcome read_started(int pid, const char *wanted, may_wait_for may_wait, void *asked, struct started_process *to) {
  struct process_files files;
  enum outcome outcome = open_process(pid, &files);
  if (outcome == FOUND) outcome = read_stat(&files, &to->stat);
  to->arguments_bytes = to->names_bytes = to->executable_bytes = to->folder_bytes = -1;
  struct call_target who = {.pid = pid, .uid = (unsigned)to->stat.uid, .start = to->stat.start};
  int waits = outcome == FOUND && may_wait(asked, &who);
  /* What becomes another program between two reads is read again: nothing is put together from two of them. */
  for (int turn = 0; outcome == FOUND && turn < 2; turn++) {
    struct process_stat after;
    if (waits) read_memories(&files, wanted, to);
    read_identity(files.folder, &to->program);
    to->executable_bytes = readlinkat(files.folder, "exe", to->executable, sizeof to->executable);
    to->folder_bytes = readlinkat(files.folder, "cwd", to->folder, sizeof to->folder);
    outcome = read_stat(&files, &after);
    int same = outcome == FOUND && after.stack_start == to->stat.stack_start;
    if (outcome == FOUND) to->stat = after;
    if (same) break;
  }
  close_process(&files);
  /* It has ended, and was not waited for yet. */
  if (outcome == FOUND && to->executable_bytes < 0 && to->arguments_bytes <= 0) return ABSENT;
  return outcome;
}
