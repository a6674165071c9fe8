/*
 * pid_suspend(2) and pid_resume(2) hold the task of a process with all its threads, also threads that it makes later. root needs no
 * entitlement for them. The hold is one flag: a second suspension is refused with EPERM. It outlives the process that asked for it.
 */
#include "suspend.h"

#include "system.h"

#define NO_SUCH_CALL 78 /* ENOSYS */

static napi_value call_with_pid(napi_env env, napi_callback_info info, const char *name) {
  int32_t pid;
  if (!read_numbers(env, info, &pid, 1)) return NULL;
  int (*call)(int) = (int (*)(int))find_function(name);
  if (call == NULL) return number_value(env, NO_SUCH_CALL);
  return number_value(env, call(pid) == 0 ? 0 : *__error());
}

/* suspendProcess(pid) -> 0, or errno. */
static napi_value suspend_process(napi_env env, napi_callback_info info) {
  return call_with_pid(env, info, "pid_suspend");
}

/* resumeProcess(pid) -> 0, or errno. */
static napi_value resume_process(napi_env env, napi_callback_info info) {
  return call_with_pid(env, info, "pid_resume");
}

void register_suspend(napi_env env, napi_value exports) {
  const struct function functions[] = {{"suspendProcess", suspend_process}, {"resumeProcess", resume_process}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
