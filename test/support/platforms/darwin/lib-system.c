/*
 * What `native/darwin/` calls of libSystem, with answers that a test knows. Linked with the addon for macOS, it makes an addon that
 * Node loads on Linux: so the code of the addon itself runs, though no Mac does.
 */
#include <stddef.h>
#include <stdint.h>
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

struct record {
  char bytes[640];
};
static int records_left;

void setutxent(void) {
  records_left = 2;
}

struct record *getutxent(void) {
  static struct record record;
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
