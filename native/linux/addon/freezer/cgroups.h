/* Control groups by file descriptor. Functions return -1 with errno unless they say otherwise. */
#ifndef CGROUPS_H
#define CGROUPS_H

#include <stddef.h>
#include <sys/types.h>

#define CGROUP_PATH_MOST 4096
#define CGROUP_DEPTH_MOST 32

/* Opens a mounted hierarchy so that later mounts on it change nothing, and for writing though it is mounted read-only. */
int cgroup_open_root(const char *mount_point);

int cgroup_write(int folder, const char *file, const char *text);
/* A small file with a NUL behind it; bytes, or -1. */
ssize_t cgroup_read(int folder, const char *file, char *to, size_t room);

/* The path of a process in cgroup v2, without its leading slash. 0, or -1. */
int cgroup_of(int pid, char *to, size_t room);

/* Whether `cgroup.events` says frozen 1. */
int cgroup_is_frozen(int folder);
/* Until the deadline of CLOCK_MONOTONIC, in microseconds. Returns whether it is frozen. Sleeps; it never spins. */
int cgroup_wait_frozen(int folder, long long deadline_us);

/* The processes in `folder` itself, at most `most`. Returns how many. */
size_t cgroup_own_processes(int folder, int *pids, size_t most);
/* Those in it and below. */
size_t cgroup_processes(int folder, int depth, int *pids, size_t most);

long long cgroup_now_us(void);

#endif
