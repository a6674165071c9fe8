/* The addon on macOS. Each topic registers its own functions. */
#include "files.h"
#include "processes.h"
#include "suspend.h"
#include "system-state.h"

NAPI_MODULE_INIT() {
  register_files(env, exports);
  register_processes(env, exports);
  register_suspend(env, exports);
  register_system_state(env, exports);
  return exports;
}
