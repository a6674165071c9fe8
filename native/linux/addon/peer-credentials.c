/* Who is at the other end of a Unix socket, by the kernel's word at the moment it connected. See unix(7), pidfd_open(2). */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "surety-native.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

static int set_number(napi_env env, napi_value object, const char *name, int64_t number) {
  napi_value value;
  return napi_create_int64(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

napi_value peer_credentials(napi_env env, napi_callback_info info) {
  int fd;
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (!read_descriptor(env, info, &fd)) return NULL;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return throw_errno(env, "SO_PEERCRED");

  int pidfd = -1;
  size = sizeof pidfd;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) != 0) pidfd = -1;

  napi_value result;
  if (napi_create_object(env, &result) != napi_ok || !set_number(env, result, "pid", peer.pid) ||
      !set_number(env, result, "uid", peer.uid) || !set_number(env, result, "gid", peer.gid) ||
      !set_number(env, result, "pidfd", pidfd)) {
    if (pidfd >= 0) close(pidfd);
    return NULL;
  }
  return result;
}

napi_value process_ended(napi_env env, napi_callback_info info) {
  struct pollfd waiting = {.events = POLLIN};
  napi_value result;
  if (!read_descriptor(env, info, &waiting.fd)) return NULL;
  if (poll(&waiting, 1, 0) < 0) return throw_errno(env, "poll");
  if (napi_get_boolean(env, waiting.revents != 0, &result) != napi_ok) return NULL;
  return result;
}
