/* The addon on Windows. Each topic registers its own functions. */
#include "arguments.h"
#include "process-list.h"

NAPI_MODULE_INIT() {
  register_process_list(env, exports);
  return exports;
}
