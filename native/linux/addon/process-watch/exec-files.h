/*
 * Which files are opened to be run, told by fanotify: as notification, which nobody has to answer and which can hold up
 * nothing. The process connector tells that a process runs another program; this tells which, also where the process is
 * gone before anybody can look. See fanotify(7).
 */
#ifndef EXEC_FILES_H
#define EXEC_FILES_H

#include <sys/types.h>

struct exec_files;

/* NULL with errno: EPERM without CAP_SYS_ADMIN, EINVAL before Linux 5.0, ENOSYS. Marks what is mounted. */
struct exec_files *exec_files_open(void);
void exec_files_close(struct exec_files *files);

/* Has POLLPRI when something was mounted; `exec_files_mark` is then due. */
int exec_files_mounts(const struct exec_files *files);
void exec_files_mark(struct exec_files *files);

/* Takes what the kernel has. A file is opened before its exec is told: what was told by now finds its files afterwards.
   0, or -1 when some were lost: what is still known is forgotten then. */
int exec_files_drain(struct exec_files *files);

/*
 * The program that `pid` began to run with the first of `execs` execs of it that were told, into `to`: its bytes, or -1 where more
 * than one or none could be meant. `known` is what the process says itself; it is believed, and -1 bytes of it are none.
 */
ssize_t exec_files_take(struct exec_files *files, int pid, unsigned execs, const char *known, ssize_t known_bytes,
                        char *to, size_t room);
/* It has ended. */
void exec_files_forget(struct exec_files *files, int pid);

#endif
