#include "cgroup-origin.h"

#include <stddef.h>

void cgroup_origin_name(const char *path, char *to) {
  size_t end = 0;
  for (size_t at = 0; at < CGROUP_ORIGIN_ROOM - 1 && path[at] != '|'; at++) {
    if (path[at] == '/' || path[at] == '\0') end = at;
    if (path[at] == '\0') break;
  }
  *to++ = '@';
  for (size_t at = 0; at < end; at++) *to++ = path[at] == '/' ? '|' : path[at];
  *to = '\0';
}
