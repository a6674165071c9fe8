#include "local-mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x00001000U
#endif

/* Anyone may mount very many in a namespace of their own, and each line costs the kernel a microsecond. What lies behind is none. */
#define LINES_MOST 4096

/* What runs from any other is known by its process alone. */
static const char *const LOCAL[] = {"ext2",  "ext3",     "ext4",  "xfs",   "btrfs",   "f2fs",   "tmpfs", "ramfs",
                                    "rootfs", "overlay",  "squashfs", "erofs", "vfat",    "exfat",  "ntfs3", "iso9660",
                                    "udf",    "bcachefs", "zfs",   "jfs",   "reiserfs", "nilfs2", "hfsplus", "devtmpfs"};

int is_local(const char *type) {
  for (size_t i = 0; i < sizeof LOCAL / sizeof *LOCAL; i++)
    if (strcmp(type, LOCAL[i]) == 0) return 1;
  return 0;
}

/* mountinfo writes blanks and backslashes as `\040`. */
static void unescape(char *text) {
  char *to = text;
  for (const char *at = text; *at != '\0';) {
    if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' && at[3] >= '0' && at[3] <= '7') {
      *to++ = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
      at += 4;
    } else {
      *to++ = *at++;
    }
  }
  *to = '\0';
}

/* `36 35 98:0 /root /mnt/point options… - ext4 /dev/…`. */
int parse_mount(char *line, struct mount_line *to) {
  char *rest = strstr(line, " - "), *saved;
  if (rest == NULL) return 0;
  *rest = '\0';
  to->type = strtok_r(rest + 3, " \n", &saved);
  char *id = strtok_r(line, " ", &saved);
  strtok_r(NULL, " ", &saved); /* its parent */
  to->device = strtok_r(NULL, " ", &saved);
  strtok_r(NULL, " ", &saved); /* its root */
  to->point = strtok_r(NULL, " ", &saved);
  if (id == NULL || to->point == NULL || to->type == NULL) return 0;
  to->id = strtoull(id, NULL, 10);
  unescape(to->point);
  return 1;
}

unsigned long long mount_of(int fd, dev_t *device) {
  struct statx found;
  if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &found) != 0) return 0;
  *device = ((dev_t)found.stx_dev_major << 32) | found.stx_dev_minor;
  return (found.stx_mask & STATX_MNT_ID) != 0 ? found.stx_mnt_id : 0;
}

/* Of the mount of that id, or of any of that device. 0 for none. */
static int find_mount(const char *path, unsigned long long id, const char *device, char **line, struct mount_line *to) {
  FILE *list = fopen(path, "re");
  if (list == NULL) return 0;
  size_t room = 0;
  int found = 0;
  for (int lines = 0; !found && lines < LINES_MOST && getline(line, &room, list) > 0; lines++)
    found = parse_mount(*line, to) && (device == NULL ? to->id == id : strcmp(to->device, device) == 0);
  fclose(list);
  return found;
}

/* The last of those at `point`, which is the one that is seen. 0 for none, and where there are too many to know. */
static int find_mount_at(const char *path, const char *point, char **line, struct mount_line *to) {
  FILE *list = fopen(path, "re");
  if (list == NULL) return 0;
  char *each = NULL;
  size_t room = 0;
  int found = 0, lines = 0;
  struct mount_line mount;
  for (; lines < LINES_MOST && getline(&each, &room, list) > 0; lines++) {
    if (!parse_mount(each, &mount) || strcmp(mount.point, point) != 0) continue;
    /* The texts of what was found lie in its line. */
    free(*line);
    *line = each;
    *to = mount;
    each = NULL;
    room = 0;
    found = 1;
  }
  free(each);
  fclose(list);
  return found && lines < LINES_MOST;
}

/* Anyone may mount it in a namespace of their own, over what they serve themselves: opening a file of it asks them. */
static int reads_others(const char *type) { return strcmp(type, "overlay") == 0; }

static int answers_by_itself(const struct mount_line *mount) {
  if (!is_local(mount->type) || !reads_others(mount->type)) return is_local(mount->type);
  char *line = NULL;
  struct mount_line here;
  int local = find_mount("/proc/self/mountinfo", 0, mount->device, &line, &here);
  free(line);
  return local;
}

int is_mounted_local(int pid, unsigned long long id) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
  char *line = NULL;
  struct mount_line mount;
  int local = find_mount(path, id, NULL, &line, &mount) && answers_by_itself(&mount);
  free(line);
  return local;
}

unsigned long long local_mount_at(int pid, const char *point) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
  char *line = NULL;
  struct mount_line mount;
  unsigned long long id = find_mount_at(path, point, &line, &mount) && answers_by_itself(&mount) ? mount.id : 0;
  free(line);
  return id;
}
