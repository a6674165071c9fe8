/* The terminal of a process: opening it, its size, and how it reads. See tty_ioctl(4). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "../processes/process-read.h"
#include "../surety-native.h"

#define STANDARD_DESCRIPTORS 3
/* Both ends of the range of pseudo terminals; the consoles below 64 of the other. See devices.txt of the kernel. */
#define PTS_FIRST 136
#define PTS_LAST 143
#define CONSOLES 4

static int is_terminal_number(unsigned major, unsigned minor) {
  return (major >= PTS_FIRST && major <= PTS_LAST) || (major == CONSOLES && minor > 0 && minor < 64);
}

/*
 * Through a descriptor of the process: the same number is another terminal in a container. The kernel is asked what it has in memory,
 * because a file that is no terminal may be on a mount that hangs.
 */
static int open_standard(const struct process_files *files, const struct process_stat *stat, int number) {
  char path[32];
  struct statx found;
  const unsigned tty = (unsigned)stat->tty, major = (tty >> 8) & 0xfff, minor = (tty & 0xff) | ((tty >> 12) & 0xfff00);
  snprintf(path, sizeof path, "fd/%d", number);
  int at = openat(files->folder, path, O_PATH | O_CLOEXEC), fd = -1;
  if (at < 0) return -1;
  if (statx(at, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MODE | STATX_UID, &found) == 0 && S_ISCHR(found.stx_mode) &&
      found.stx_rdev_major == major && found.stx_rdev_minor == minor && is_terminal_number(major, minor) &&
      (stat->uid == 0 || found.stx_uid == stat->uid)) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", at);
    fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  }
  close(at);
  return fd;
}

napi_value open_terminal(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], result;
  int32_t pid;
  int64_t start;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 2 ||
      napi_get_value_int32(env, arguments[0], &pid) != napi_ok || pid <= 0 ||
      napi_get_value_int64(env, arguments[1], &start) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected a process and its start");
    return NULL;
  }
  struct process_files files;
  struct process_stat stat;
  int fd = -1;
  if (open_process(pid, &files) == FOUND && read_stat(&files, &stat) == FOUND && stat.start == start && stat.tty != 0)
    for (int number = 0; fd < 0 && number < STANDARD_DESCRIPTORS; number++) fd = open_standard(&files, &stat, number);
  close_process(&files);
  return napi_create_int32(env, fd, &result) == napi_ok ? result : NULL;
}

enum { ROWS, COLUMNS, LINE_BY_LINE, TERMINAL_NUMBERS };

static int read_numbers(napi_env env, napi_callback_info info, int *fd, int32_t **numbers) {
  size_t count = 2, length;
  napi_value arguments[2];
  napi_typedarray_type type;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) == napi_ok && count == 2 &&
      napi_get_value_int32(env, arguments[0], fd) == napi_ok && *fd >= 0 &&
      napi_get_typedarray_info(env, arguments[1], &type, &length, (void **)numbers, NULL, NULL) == napi_ok &&
      type == napi_int32_array && length >= TERMINAL_NUMBERS)
    return 1;
  napi_throw_type_error(env, NULL, "expected a descriptor and room for numbers");
  return 0;
}

napi_value read_terminal(napi_env env, napi_callback_info info) {
  int fd;
  int32_t *numbers;
  if (!read_numbers(env, info, &fd, &numbers)) return NULL;
  struct winsize size;
  struct termios modes;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return throw_errno(env, "TIOCGWINSZ");
  if (tcgetattr(fd, &modes) != 0) return throw_errno(env, "TCGETS");
  numbers[ROWS] = size.ws_row;
  numbers[COLUMNS] = size.ws_col;
  numbers[LINE_BY_LINE] = (modes.c_lflag & ICANON) != 0;
  return NULL;
}

napi_value set_terminal_rows(napi_env env, napi_callback_info info) {
  int fd;
  int32_t *numbers;
  if (!read_numbers(env, info, &fd, &numbers)) return NULL;
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return throw_errno(env, "TIOCGWINSZ");
  size.ws_row = (unsigned short)numbers[ROWS];
  return ioctl(fd, TIOCSWINSZ, &size) == 0 ? NULL : throw_errno(env, "TIOCSWINSZ");
}
