/* Sends sd_notify(3) messages to the service manager. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "surety-native.h"

#define TEXT_MOST 256

napi_value notify_service(napi_env env, napi_callback_info info) {
  size_t count = 2, path_bytes, text_bytes;
  napi_value arguments[2];
  /* One byte more than fits, to notice a path that was cut. */
  char path[sizeof ((struct sockaddr_un *)0)->sun_path + 1], text[TEXT_MOST];
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 2 ||
      napi_get_value_string_utf8(env, arguments[0], path, sizeof path, &path_bytes) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[1], text, sizeof text, &text_bytes) != napi_ok) {
    napi_throw_type_error(env, NULL, "expected the path of a socket and a text");
    return NULL;
  }
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (path_bytes == 0 || path_bytes >= sizeof to.sun_path) {
    errno = ENAMETOOLONG;
    return throw_errno(env, "sockaddr_un");
  }
  memcpy(to.sun_path, path, path_bytes);
  /* The name of an abstract socket begins with NUL. */
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return throw_errno(env, "socket");
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_bytes);
  ssize_t sent = sendto(fd, text, text_bytes, MSG_NOSIGNAL, (struct sockaddr *)&to, size);
  int failed = errno;
  close(fd);
  errno = failed;
  return sent == (ssize_t)text_bytes ? NULL : throw_errno(env, "sendto");
}
