/* The addon on Windows. Each topic registers its own functions. */
#include "accounts.h"
#include "arguments.h"
#include "firmware.h"
#include "process-list.h"
#include "registry.h"
#include "updates.h"
#include "wmi.h"

NAPI_MODULE_INIT() {
  register_accounts(env, exports);
  register_firmware(env, exports);
  register_process_list(env, exports);
  register_registry(env, exports);
  register_updates(env, exports);
  register_wmi(env, exports);
  return exports;
}
