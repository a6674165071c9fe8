/* Bytes out, no policy. */
#include "system-state.h"

#include "system.h"

/* listMounts(bytes) -> how many mounts there were; as many of struct statfs as fit are written. -1 when the system does not tell. No
   file system is asked. */
static napi_value list_mounts(napi_env env, napi_callback_info info) {
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, NULL, 0, &bytes, &length)) return NULL;
  int there = getfsstat(NULL, 0, MNT_NOWAIT);
  int written = there < 0 ? -1 : getfsstat(bytes, length, MNT_NOWAIT);
  return number_value(env, written < 0 ? -1 : written > there ? written : there);
}

/* peerToken(descriptor, bytes) -> bytes of the audit token of the process at the other end of a local socket, -1 without one. */
static napi_value peer_token(napi_env env, napi_callback_info info) {
  int32_t descriptor;
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, &descriptor, 1, &bytes, &length)) return NULL;
  uint32_t size = AUDIT_TOKEN_BYTES;
  if (length < AUDIT_TOKEN_BYTES || getsockopt(descriptor, SOL_LOCAL, LOCAL_PEERTOKEN, bytes, &size) != 0) {
    return number_value(env, -1);
  }
  return number_value(env, size == AUDIT_TOKEN_BYTES ? AUDIT_TOKEN_BYTES : -1);
}

/* listLogins(bytes) -> bytes of struct utmpx, as many as fit. */
static napi_value list_logins(napi_env env, napi_callback_info info) {
  uint8_t *bytes;
  int length, written = 0;
  if (!read_call(env, info, NULL, 0, &bytes, &length)) return NULL;
  setutxent();
  for (struct utmpx *record = getutxent(); record != NULL; record = getutxent()) {
    if (length - written < (int)sizeof *record) break;
    memcpy(bytes + written, record, sizeof *record);
    written += (int)sizeof *record;
  }
  endutxent();
  return number_value(env, written);
}

/* announce(name) -> 0, or the number with which notify_post(3) refused. */
static napi_value announce(napi_env env, napi_callback_info info) {
  char name[128];
  if (!read_text(env, info, name, sizeof name, NULL, NULL)) return NULL;
  return number_value(env, (int32_t)notify_post(name));
}

void register_system_state(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"listMounts", list_mounts},
      {"peerToken", peer_token},
      {"listLogins", list_logins},
      {"announce", announce},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
