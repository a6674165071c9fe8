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

/* sys/stat.h, sys/dirent.h, dirent.h, fcntl.h, unistd.h */
struct stat {
  int32_t device;
  uint16_t mode, links;
  uint64_t inode;
  uint32_t uid, gid;
  int32_t special_device;
  int64_t read, read_ns, modified, modified_ns, changed, changed_ns, made, made_ns;
  int64_t size, blocks;
  int32_t block_size;
  uint32_t flags, generation;
  int32_t reserved;
  int64_t more_reserved[2];
};
_Static_assert(offsetof(struct stat, read) == 32 && offsetof(struct stat, size) == 96 && sizeof(struct stat) == 144,
               "as the system lays it out");
struct dirent {
  uint64_t inode, offset;
  uint16_t length, name_length;
  uint8_t type;
  char name[1024];
};
_Static_assert(offsetof(struct dirent, name) == 21, "as the system lays it out");
struct folder;
extern int open(const char *path, int flags, ...);
extern int close(int descriptor);
extern long readlinkat(int folder, const char *name, char *bytes, size_t length);
extern int closedir(struct folder *folder);
/* On Intel the plain names answer with structures of older systems. */
#if defined(__APPLE__) && defined(__x86_64__)
extern int fstatat(int folder, const char *path, struct stat *found, int flags) __asm("_fstatat$INODE64");
extern struct folder *fdopendir(int descriptor) __asm("_fdopendir$INODE64");
extern struct dirent *readdir(struct folder *folder) __asm("_readdir$INODE64");
#else
extern int fstatat(int folder, const char *path, struct stat *found, int flags);
extern struct folder *fdopendir(int descriptor);
extern struct dirent *readdir(struct folder *folder);
#endif

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
