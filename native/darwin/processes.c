/* Processes as macOS tells them: bytes out, no policy. See sys/proc_info.h and libproc.h. */
#include <libproc.h>
#include <stdint.h>
#include <string.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>
#include <unistd.h>

#define NAPI_VERSION 8
#include <node_api.h>

/* The typed arrays and numbers of a call; false, with an exception pending, when they are others. */
struct call {
  int32_t pid;
  uint8_t *bytes;
  size_t length;
};

static int read_call(napi_env env, napi_callback_info info, struct call *call, int has_pid) {
  size_t count = 2;
  napi_value arguments[2];
  napi_typedarray_type type;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < (has_pid ? 2u : 1u) ||
      (has_pid && napi_get_value_int32(env, arguments[0], &call->pid) != napi_ok) ||
      napi_get_typedarray_info(env, arguments[has_pid ? 1 : 0], &type, &call->length, (void **)&call->bytes, NULL,
                               NULL) != napi_ok ||
      type != napi_uint8_array || call->length > INT32_MAX) {
    napi_throw_type_error(env, NULL, has_pid ? "expected a process id and bytes" : "expected bytes");
    return 0;
  }
  return 1;
}

static napi_value number(napi_env env, int32_t value) {
  napi_value result;
  return napi_create_int32(env, value, &result) == napi_ok ? result : NULL;
}

/* listPids(bytes) -> bytes of 32-bit numbers; as many as fit. 0 when the system does not tell. */
static napi_value list_pids(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call, 0)) return NULL;
  int count = proc_listallpids(call.bytes, (int)call.length);
  return number(env, count <= 0 ? 0 : count * (int)sizeof(int32_t));
}

/* readProcess(pid, bytes) -> session id, or -1 when it has ended or may not be seen. `bytes` takes struct proc_bsdinfo. */
static napi_value read_process(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call, 1)) return NULL;
  int expected = (int)sizeof(struct proc_bsdinfo);
  if (call.length < (size_t)expected) return number(env, -1);
  if (proc_pidinfo(call.pid, PROC_PIDTBSDINFO, 0, call.bytes, expected) != expected) return number(env, -1);
  pid_t session = getsid(call.pid);
  return number(env, session < 0 ? 0 : session);
}

/* executable(pid, bytes) -> bytes of the path, -1 when there is none to be had. */
static napi_value executable(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call, 1)) return NULL;
  int length = proc_pidpath(call.pid, call.bytes, (uint32_t)call.length);
  return number(env, length <= 0 ? -1 : length);
}

/* workingFolder(pid, bytes) -> bytes of the path, -1 when there is none to be had. */
static napi_value working_folder(napi_env env, napi_callback_info info) {
  struct call call;
  struct proc_vnodepathinfo paths;
  if (!read_call(env, info, &call, 1)) return NULL;
  if (proc_pidinfo(call.pid, PROC_PIDVNODEPATHINFO, 0, &paths, sizeof paths) != (int)sizeof paths) return number(env, -1);
  size_t length = strnlen(paths.pvi_cdir.vip_path, sizeof paths.pvi_cdir.vip_path);
  if (length > call.length) return number(env, -1);
  memcpy(call.bytes, paths.pvi_cdir.vip_path, length);
  return number(env, (int)length);
}

/* arguments(pid, bytes) -> bytes of what KERN_PROCARGS2 tells, -1 when it may not be seen or does not fit. */
static napi_value arguments(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call, 1)) return NULL;
  int name[3] = {CTL_KERN, KERN_PROCARGS2, call.pid};
  size_t length = call.length;
  return number(env, sysctl(name, 3, call.bytes, &length, NULL, 0) == 0 ? (int)length : -1);
}

/* bootSession(bytes) -> bytes of the text that names this boot, -1 when the system does not tell. */
static napi_value boot_session(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call, 0)) return NULL;
  size_t length = call.length;
  if (sysctlbyname("kern.bootsessionuuid", call.bytes, &length, NULL, 0) != 0) return number(env, -1);
  return number(env, (int)strnlen((const char *)call.bytes, length));
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"listPids", NULL, list_pids, NULL, NULL, NULL, napi_enumerable, NULL},
      {"readProcess", NULL, read_process, NULL, NULL, NULL, napi_enumerable, NULL},
      {"executable", NULL, executable, NULL, NULL, NULL, napi_enumerable, NULL},
      {"workingFolder", NULL, working_folder, NULL, NULL, NULL, napi_enumerable, NULL},
      {"arguments", NULL, arguments, NULL, NULL, NULL, napi_enumerable, NULL},
      {"bootSession", NULL, boot_session, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
