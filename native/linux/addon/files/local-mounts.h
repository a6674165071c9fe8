/* What is mounted, of that the file systems that answer by themselves. See proc_pid_mountinfo(5). */
#ifndef LOCAL_MOUNTS_H
#define LOCAL_MOUNTS_H

#include <sys/types.h>

/* One line of mountinfo; its texts lie in that line. */
struct mount_line {
  unsigned long long id;
  char *point;
  /* As `MAJOR:MINOR`. */
  const char *device;
  const char *type;
};

/* Changes `line`. 0 for what is none. */
int parse_mount(char *line, struct mount_line *to);

/* Opening a file of any other can keep us waiting: FUSE, what lies elsewhere. */
int is_local(const char *type);

/* As `pid` sees what is mounted. What reads another file system, which anyone may be behind, has to be mounted here too. */
int is_mounted_local(int pid, unsigned long long id);

/* What `pid` sees mounted at `point`, by the same rules: its id, or 0. */
unsigned long long local_mount_at(int pid, const char *point);

/* The mount in which `fd` was opened, and its device. Nothing is asked of the file system. 0 where the kernel does not tell. */
unsigned long long mount_of(int fd, dev_t *device);

#endif
