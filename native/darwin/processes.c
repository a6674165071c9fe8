/* Bytes out, no policy. See sys/proc_info.h and libproc.h. */
#include "processes.h"

#include "system.h"

/* listPids(bytes) -> bytes of 32-bit numbers; as many as fit. 0 when the system does not tell. */
static napi_value list_pids(napi_env env, napi_callback_info info) {
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, NULL, 0, &bytes, &length)) return NULL;
  int count = proc_listallpids(bytes, length);
  return number_value(env, count <= 0 ? 0 : count * (int)sizeof(int32_t));
}

/* readProcess(pid, bytes) -> session id, -1 when it has ended or may not be seen. `bytes` takes struct proc_bsdinfo. */
static napi_value read_process(napi_env env, napi_callback_info info) {
  int32_t pid;
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, &pid, 1, &bytes, &length)) return NULL;
  if (length < BSD_INFO_BYTES) return number_value(env, -1);
  if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, bytes, BSD_INFO_BYTES) != BSD_INFO_BYTES) return number_value(env, -1);
  int session = getsid(pid);
  return number_value(env, session < 0 ? 0 : session);
}

/* executable(pid, bytes) -> bytes of the path, -1 when there is none to be had. */
static napi_value executable(napi_env env, napi_callback_info info) {
  int32_t pid;
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, &pid, 1, &bytes, &length)) return NULL;
  int written = proc_pidpath(pid, bytes, (uint32_t)length);
  return number_value(env, written <= 0 ? -1 : written);
}

/* workingFolder(pid, bytes) -> bytes of the path, -1 when there is none to be had. */
static napi_value working_folder(napi_env env, napi_callback_info info) {
  int32_t pid;
  uint8_t *bytes;
  int length;
  char paths[VNODE_PATHS_BYTES];
  if (!read_call(env, info, &pid, 1, &bytes, &length)) return NULL;
  if (proc_pidinfo(pid, PROC_PIDVNODEPATHINFO, 0, paths, sizeof paths) != (int)sizeof paths) return number_value(env, -1);
  size_t path_length = strnlen(paths + VNODE_PATH_AT, PATH_BYTES);
  if (path_length > (size_t)length) return number_value(env, -1);
  memcpy(bytes, paths + VNODE_PATH_AT, path_length);
  return number_value(env, (int)path_length);
}

/* arguments(pid, bytes) -> bytes of what KERN_PROCARGS2 reports, -1 when it may not be seen or does not fit. */
static napi_value arguments_of(napi_env env, napi_callback_info info) {
  int32_t pid;
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, &pid, 1, &bytes, &length)) return NULL;
  int name[3] = {CTL_KERN, KERN_PROCARGS2, pid};
  size_t size = (size_t)length;
  return number_value(env, sysctl(name, 3, bytes, &size, NULL, 0) == 0 ? (int)size : -1);
}

/* processInfo(pid, flavor, bytes) -> bytes that proc_pidinfo wrote; 0 or less when it has ended or may not be seen. */
static napi_value process_info(napi_env env, napi_callback_info info) {
  int32_t numbers[2];
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, numbers, 2, &bytes, &length)) return NULL;
  return number_value(env, proc_pidinfo(numbers[0], numbers[1], 0, bytes, length));
}

/* descriptorInfo(pid, descriptor, flavor, bytes) -> bytes that proc_pidfdinfo wrote; 0 or less as above. */
static napi_value descriptor_info(napi_env env, napi_callback_info info) {
  int32_t numbers[3];
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, numbers, 3, &bytes, &length)) return NULL;
  return number_value(env, proc_pidfdinfo(numbers[0], numbers[1], numbers[2], bytes, length));
}

/* responsiblePid(pid) -> the process that macOS holds responsible for what this one does; -1 when it does not tell. */
static napi_value responsible_pid(napi_env env, napi_callback_info info) {
  int32_t pid;
  if (!read_numbers(env, info, &pid, 1)) return NULL;
  int (*find)(int) = (int (*)(int))find_function("responsibility_get_pid_responsible_for_pid");
  int found = find == NULL ? -1 : find(pid);
  return number_value(env, found <= 0 ? -1 : found);
}

/* codeSignature(pid, operation, bytes) -> 0 once csops has filled `bytes`, -1 when it has not. */
static napi_value code_signature(napi_env env, napi_callback_info info) {
  int32_t numbers[2];
  uint8_t *bytes;
  int length;
  if (!read_call(env, info, numbers, 2, &bytes, &length)) return NULL;
  int (*ask)(int, unsigned, void *, size_t) = (int (*)(int, unsigned, void *, size_t))find_function("csops");
  int failed = ask == NULL || ask(numbers[0], (unsigned)numbers[1], bytes, (size_t)length) != 0;
  return number_value(env, failed ? -1 : 0);
}

/* systemText(name, bytes) -> bytes of the text that sysctl has under this name, -1 when it has none. */
static napi_value system_text(napi_env env, napi_callback_info info) {
  char name[128];
  uint8_t *bytes;
  int length;
  if (!read_text(env, info, name, sizeof name, &bytes, &length)) return NULL;
  size_t size = (size_t)length;
  if (sysctlbyname(name, bytes, &size, NULL, 0) != 0 || size > (size_t)length) return number_value(env, -1);
  return number_value(env, (int)strnlen((const char *)bytes, size));
}

void register_processes(napi_env env, napi_value exports) {
  const struct function functions[] = {
      {"listPids", list_pids},
      {"readProcess", read_process},
      {"executable", executable},
      {"workingFolder", working_folder},
      {"arguments", arguments_of},
      {"processInfo", process_info},
      {"descriptorInfo", descriptor_info},
      {"responsiblePid", responsible_pid},
      {"codeSignature", code_signature},
      {"systemText", system_text},
  };
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
