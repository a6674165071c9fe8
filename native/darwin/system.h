/*
 * What we call of libSystem, declared by ourselves: Apple's headers are not on the machine that compiles this. Sources are
 * xnu-11417.101.15 (macOS 15.5): bsd/sys/{proc_info,proc_info_private,mount,un,codesign}.h, osfmk/mach/message.h, and Libc's utmpx.h.
 */
#ifndef SURETY_DARWIN_SYSTEM_H
#define SURETY_DARWIN_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

extern void *memcpy(void *to, const void *from, size_t length);
extern void *memset(void *to, int byte, size_t length);
extern size_t strnlen(const char *text, size_t most);

/* libproc.h */
extern int proc_listallpids(void *bytes, int length);
extern int proc_pidinfo(int pid, int flavor, uint64_t argument, void *bytes, int length);
extern int proc_pidfdinfo(int pid, int descriptor, int flavor, void *bytes, int length);
extern int proc_pidpath(int pid, void *bytes, uint32_t length);
#define PROC_PIDTBSDINFO 3
#define PROC_PIDVNODEPATHINFO 9
#define BSD_INFO_BYTES 136
/* struct proc_vnodepathinfo begins with the working folder: struct vnode_info, then the path. */
#define VNODE_PATHS_BYTES 2352
#define VNODE_PATH_AT 152
#define PATH_BYTES 1024

extern int getsid(int pid);
extern int *__error(void);

/* sys/sysctl.h */
extern int sysctl(int *name, unsigned count, void *bytes, size_t *length, void *given, size_t given_length);
extern int sysctlbyname(const char *name, void *bytes, size_t *length, void *given, size_t given_length);
#define CTL_KERN 1
#define KERN_PROCARGS2 49

/* sys/mount.h. On Intel the plain name answers with a structure of older systems. */
#if defined(__APPLE__) && defined(__x86_64__)
extern int getfsstat(void *bytes, int length, int flags) __asm("_getfsstat$INODE64");
#else
extern int getfsstat(void *bytes, int length, int flags);
#endif
#define MNT_NOWAIT 2

/* sys/socket.h, sys/un.h */
extern int getsockopt(int socket, int level, int name, void *bytes, uint32_t *length);
#define SOL_LOCAL 0
#define LOCAL_PEERTOKEN 6
#define AUDIT_TOKEN_BYTES 32

/* dlfcn.h */
extern void *dlsym(void *library, const char *name);
#define RTLD_DEFAULT ((void *)-2)

/* notify.h */
extern uint32_t notify_post(const char *name);

/* utmpx.h */
struct utmpx {
  char user[256];
  char id[4];
  char line[32];
  int32_t pid;
  int16_t type;
  int64_t seconds;
  int32_t microseconds;
  char host[256];
  uint32_t reserved[16];
};
_Static_assert(sizeof(struct utmpx) == 640, "a record of utmpx has 640 bytes");
extern void setutxent(void);
extern struct utmpx *getutxent(void);
extern void endutxent(void);

#endif
