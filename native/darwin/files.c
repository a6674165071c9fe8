/* Each call answers with the number of an error below zero. */
#include "files.h"

#include "system.h"

/* sys/fcntl.h of macOS; AT_SYMLINK_NOFOLLOW_ANY since macOS 12. */
#define O_NONBLOCK 0x00000004
#define O_DIRECTORY 0x00100000
#define O_CLOEXEC 0x01000000
#define O_NOFOLLOW_ANY 0x20000000
#define AT_FDCWD (-2)
#define AT_SYMLINK_NOFOLLOW 0x0020
#define AT_SYMLINK_NOFOLLOW_ANY 0x0800
#define ELOOP 62
#define EIO 5
#define PATH_MOST 1024
#define STAT_NUMBERS 5

static int failed(void) {
  int error = *__error();
  return error > 0 ? -error : -EIO;
}

/* Where the folder around it ends; 1 for what lies at the root. */
static size_t end_of_folder(const char *path) {
  size_t end = strnlen(path, PATH_MOST);
  while (end > 1 && path[end - 1] != '/') end--;
  while (end > 1 && path[end - 1] == '/') end--;
  return end;
}

/* The kernel refuses any link in a path. A link at its very end is what is looked at. */
static int look(const char *path, struct stat *found) {
  if (fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW_ANY) == 0) return 0;
  int error = failed();
  if (error != -ELOOP) return error;
  char folder[PATH_MOST];
  size_t end = end_of_folder(path);
  memcpy(folder, path, end);
  folder[end] = '\0';
  if (fstatat(AT_FDCWD, folder, found, AT_SYMLINK_NOFOLLOW_ANY) != 0) return failed();
  if (fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW) != 0) return failed();
  /* What is no link any more was exchanged: nothing is said of it. */
  return (found->mode & 0170000) == 0120000 ? 0 : -ELOOP;
}

/* fileStat(path, bytes) -> 0: mode, size, user, group and milliseconds since 1970, five doubles. */
static napi_value file_stat(napi_env env, napi_callback_info info) {
  char path[PATH_MOST];
  uint8_t *bytes;
  int length;
  if (!read_text(env, info, path, sizeof path, &bytes, &length)) return NULL;
  struct stat found;
  int error = look(path, &found);
  if (error != 0) return number_value(env, error);
  double numbers[STAT_NUMBERS] = {found.mode, (double)found.size, found.uid, found.gid,
                                  (double)found.modified * 1000 + (double)found.modified_ns / 1000000};
  if ((size_t)length < sizeof numbers) return number_value(env, -EIO);
  memcpy(bytes, numbers, sizeof numbers);
  return number_value(env, 0);
}

/* Adds a name with its type and its NUL where it fits. Answers how many bytes there are then. */
static int add(const struct dirent *entry, uint8_t *bytes, int length, int filled) {
  int own = (int)entry->name_length + 2;
  if (filled + own <= length) {
    bytes[filled] = entry->type;
    memcpy(bytes + filled + 1, entry->name, entry->name_length);
    bytes[filled + own - 1] = '\0';
  }
  return filled + own;
}

static int list(const char *path, uint8_t *bytes, int length) {
  int descriptor = open(path, O_NONBLOCK | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW_ANY);
  if (descriptor < 0) return failed();
  struct folder *folder = fdopendir(descriptor);
  if (folder == NULL) {
    int error = failed();
    close(descriptor);
    return error;
  }
  int filled = 0;
  /* More than any caller asks for. */
  const int most = 256 * 1024 * 1024;
  *__error() = 0;
  for (struct dirent *entry = readdir(folder); entry != NULL && filled < most; entry = readdir(folder)) {
    filled = add(entry, bytes, length, filled);
    *__error() = 0;
  }
  int error = *__error();
  closedir(folder);
  return error > 0 ? -error : filled;
}

/* fileList(path, bytes) -> bytes that all names take, of which those that fit are filled. */
static napi_value file_list(napi_env env, napi_callback_info info) {
  char path[PATH_MOST];
  uint8_t *bytes;
  int length;
  if (!read_text(env, info, path, sizeof path, &bytes, &length)) return NULL;
  return number_value(env, list(path, bytes, length));
}

static int link_target(const char *path, uint8_t *bytes, int length) {
  char folder[PATH_MOST];
  size_t all = strnlen(path, PATH_MOST), end = end_of_folder(path), name = all;
  while (name > 0 && path[name - 1] != '/') name--;
  memcpy(folder, path, end);
  folder[end] = '\0';
  int descriptor = open(folder, O_NONBLOCK | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW_ANY);
  if (descriptor < 0) return failed();
  long filled = readlinkat(descriptor, path + name, (char *)bytes, (size_t)length);
  int error = filled < 0 ? failed() : 0;
  close(descriptor);
  if (error != 0) return error;
  /* Full: there may be more. */
  return filled < length ? (int)filled : -EIO;
}

/* fileLink(path, bytes) -> bytes of what the link says, as it is written. No link on the way is followed. */
static napi_value file_link(napi_env env, napi_callback_info info) {
  char path[PATH_MOST];
  uint8_t *bytes;
  int length;
  if (!read_text(env, info, path, sizeof path, &bytes, &length)) return NULL;
  return number_value(env, link_target(path, bytes, length));
}

void register_files(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"fileStat", file_stat},
      {"fileList", file_list},
      {"fileLink", file_link},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
