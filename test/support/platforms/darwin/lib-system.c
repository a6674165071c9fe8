/*
 * What `native/darwin/` calls of libSystem, with answers that a test knows. Linked with the addon for macOS, it makes an addon that
 * Node loads on Linux: so the code of the addon itself runs, though no Mac does.
 */
#include "../../../../native/darwin/system.h"

#include <string.h>

static int error_number;

int *__error(void) {
  return &error_number;
}

int proc_listallpids(void *bytes, int length) {
  const int32_t pids[] = {0, 77, 501};
  size_t size = (size_t)length < sizeof pids ? (size_t)length / sizeof *pids * sizeof *pids : sizeof pids;
  memcpy(bytes, pids, size);
  return (int)(size / sizeof *pids);
}

/* Each byte is the flavor. Process 1 may not be seen; of process 2 half of a structure comes. */
int proc_pidinfo(int pid, int flavor, uint64_t argument, void *bytes, int length) {
  (void)argument;
  if (pid == 1) return 0;
  memset(bytes, flavor, (size_t)length);
  if (flavor == 9 && length >= 160) memcpy((char *)bytes + 152, "/Users/ann", 11);
  return pid == 2 ? length / 2 : length;
}

int proc_pidfdinfo(int pid, int descriptor, int flavor, void *bytes, int length) {
  if (pid == 1) return 0;
  memset(bytes, descriptor + flavor, (size_t)length);
  return length;
}

int proc_pidpath(int pid, void *bytes, uint32_t length) {
  const char path[] = "/usr/local/bin/claude";
  if (pid == 1 || length < sizeof path - 1) return 0;
  memcpy(bytes, path, sizeof path - 1);
  return (int)sizeof path - 1;
}

int getsid(int pid) {
  return pid == 3 ? -1 : pid + 1;
}

int sysctl(int *name, unsigned count, void *bytes, size_t *length, void *given, size_t given_length) {
  (void)given, (void)given_length;
  if (count != 3 || name[0] != 1 || name[1] != 49 || name[2] == 1 || *length < 4) return -1;
  memcpy(bytes, "\1\0\0\0", 4);
  *length = 4;
  return 0;
}

int sysctlbyname(const char *name, void *bytes, size_t *length, void *given, size_t given_length) {
  (void)given, (void)given_length;
  if (strcmp(name, "kern.bootsessionuuid") != 0 || *length < 5) return -1;
  memcpy(bytes, "5F1C", 5);
  *length = 5;
  return 0;
}

/* Three mounts of 2,168 bytes. */
int getfsstat(void *bytes, int length, int flags) {
  if (flags != 2) return -1;
  if (bytes == NULL) return 3;
  int fitting = length / 2168 < 3 ? length / 2168 : 3;
  memset(bytes, 'm', (size_t)fitting * 2168);
  return fitting;
}

int getsockopt(int socket, int level, int name, void *bytes, uint32_t *length) {
  if (socket != 9 || level != 0 || name != 6 || *length < 32) return -1;
  memset(bytes, 't', 32);
  *length = 32;
  return 0;
}

uint32_t notify_post(const char *name) {
  return strcmp(name, "ready") == 0 ? 0 : 7;
}

static int records_left;

void setutxent(void) {
  records_left = 2;
}

struct utmpx *getutxent(void) {
  static struct utmpx record;
  memset(&record, 'u', sizeof record);
  return records_left-- > 0 ? &record : NULL;
}

void endutxent(void) {
  records_left = 0;
}

static int pid_suspend(int pid) {
  error_number = 1;
  return pid == 77 ? 0 : -1;
}

static int csops(int pid, unsigned operation, void *bytes, size_t length) {
  if (pid != 77) return -1;
  memset(bytes, (int)operation, length);
  return 0;
}

static int responsible(int pid) {
  return pid == 77 ? 12 : -1;
}

/* pid_resume is missing, as on a system without it. */
void *dlsym(void *library, const char *name) {
  if (library != (void *)-2) return NULL;
  if (strcmp(name, "pid_suspend") == 0) return (void *)pid_suspend;
  if (strcmp(name, "csops") == 0) return (void *)csops;
  return strcmp(name, "responsibility_get_pid_responsible_for_pid") == 0 ? (void *)responsible : NULL;
}

/* /Users/ann has a file and a link; /link is a link; /private is kept back; /broken cannot be read to its end. */
static int fail(int error) {
  error_number = error;
  return -1;
}

#define NOFOLLOW_ANY 0x0800

int fstatat(int folder, const char *path, struct stat *found, int flags) {
  if (folder != -2) return fail(9);
  memset(found, 0, sizeof *found);
  found->uid = 501, found->gid = 20, found->size = 42, found->modified = 1, found->modified_ns = 500000000;
  if (strcmp(path, "/private") == 0) return fail(1);
  if (strncmp(path, "/link", 5) == 0) {
    if ((flags & NOFOLLOW_ANY) != 0) return fail(62);
    found->mode = path[5] == '\0' ? 0120777 : 0100644;
    return 0;
  }
  if (strcmp(path, "/Users/ann/link") == 0) {
    found->mode = 0120777;
    return (flags & NOFOLLOW_ANY) != 0 ? fail(62) : 0;
  }
  if (strcmp(path, "/Users/ann/file") != 0 && strcmp(path, "/Users/ann") != 0) return fail(2);
  found->mode = path[10] == '\0' ? 0040755 : 0100644;
  return 0;
}

int open(const char *path, int flags, ...) {
  if ((flags & 0x20100000) != 0x20100000) return fail(22);
  if (strcmp(path, "/private") == 0) return fail(1);
  if (strcmp(path, "/broken") == 0) return 12;
  return strcmp(path, "/Users/ann") == 0 ? 11 : fail(2);
}

long readlinkat(int folder, const char *name, char *bytes, size_t length) {
  const char says[] = "../bob/file";
  if (folder != 11 || strcmp(name, "link") != 0) return fail(22);
  size_t fitting = length < sizeof says - 1 ? length : sizeof says - 1;
  memcpy(bytes, says, fitting);
  return (long)fitting;
}

int close(int descriptor) {
  (void)descriptor;
  return 0;
}

struct folder {
  int descriptor, next;
};

struct folder *fdopendir(int descriptor) {
  static struct folder folder;
  folder.descriptor = descriptor;
  folder.next = 0;
  return &folder;
}

struct dirent *readdir(struct folder *folder) {
  static struct dirent entry;
  const char *names[] = {".", "..", "file", "link"};
  const uint8_t types[] = {4, 4, 8, 10};
  if (folder->next == 2 && folder->descriptor == 12) {
    fail(5);
    return NULL;
  }
  if (folder->next == 4) return NULL;
  strcpy(entry.name, names[folder->next]);
  entry.name_length = (uint16_t)strlen(entry.name);
  entry.type = types[folder->next++];
  return &entry;
}

int closedir(struct folder *folder) {
  folder->descriptor = -1;
  return 0;
}
