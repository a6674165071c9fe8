#include "opens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "../addon/files/local-mounts.h"

#ifndef FAN_OPEN_EXEC_PERM
#define FAN_OPEN_EXEC_PERM 0x00040000
#endif
#ifndef FAN_MARK_FILESYSTEM
#define FAN_MARK_FILESYSTEM 0x00000100
#endif
#ifndef FAN_REPORT_TID
#define FAN_REPORT_TID 0x00000100
#endif

int opens_init(void) {
  const unsigned flags =
      FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_REPORT_TID;
  return fanotify_init(flags, O_RDONLY | O_CLOEXEC | O_LARGEFILE | O_NOATIME);
}

static int is_wanted(char **points, const char *point) {
  if (*points == NULL) return 1;
  while (*points != NULL && strcmp(*points, point) != 0) points++;
  return *points != NULL;
}

/* A later mount at the same place hides the earlier one; that is not marked then. */
unsigned opens_mark(int fd, char **points, unsigned *refused) {
  *refused = 0;
  FILE *list = fopen("/proc/self/mountinfo", "re");
  if (list == NULL) return 0;
  char *line = NULL, path[32];
  size_t room = 0;
  unsigned marked = 0;
  struct mount_line mount;
  dev_t device;
  while (getline(&line, &room, list) > 0) {
    if (!parse_mount(line, &mount) || !is_local(mount.type) || !is_wanted(points, mount.point)) continue;
    int point = open(mount.point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (point < 0) continue;
    if (mount_of(point, &device) == mount.id) {
      snprintf(path, sizeof path, "/proc/self/fd/%d", point);
      if (fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC_PERM, AT_FDCWD, path) == 0) marked++;
      else ++*refused;
    }
    close(point);
  }
  free(line);
  fclose(list);
  return marked;
}

void opens_allow(int fd, int event) {
  struct fanotify_response response = {.fd = event, .response = FAN_ALLOW};
  while (write(fd, &response, sizeof response) < 0 && errno == EINTR) continue;
  close(event);
}
