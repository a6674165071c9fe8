/* Descriptors that whoever started us left open must not reach our children. See close_range(2), Linux 5.11. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "surety-native.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

napi_value close_on_exec(napi_env env, napi_callback_info info) {
  (void)info;
  if (syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0) return NULL;
  return throw_errno(env, "close_range");
}
