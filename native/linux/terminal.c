/* The size of a terminal and how it reads. See tty_ioctl(4). */
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "surety-native.h"

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
