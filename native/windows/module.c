/* The addon on Windows. Each topic registers its own functions. */
#include "accounts.h"
#include "arguments.h"
#include "firmware.h"
#include "freeze.h"
#include "logins.h"
#include "process-details.h"
#include "file-calls.h"
#include "process-list.h"
#include "process-traces.h"
#include "resolve-program.h"
#include "security.h"
#include "registry.h"
#include "updates.h"
#include "wmi.h"

NAPI_MODULE_INIT() {
  register_accounts(env, exports);
  register_firmware(env, exports);
#include "tcp-table.h"

NAPI_MODULE_INIT() {
  register_freeze(env, exports);
  register_logins(env, exports);
  register_process_details(env, exports);
  register_file_calls(env, exports);
  register_process_list(env, exports);
  register_process_traces(env, exports);
  register_resolve_program(env, exports);
  register_security(env, exports);
  register_registry(env, exports);
  register_updates(env, exports);
  register_wmi(env, exports);
  register_tcp_table(env, exports);
#include "cng.h"
#include "process-list.h"
#include "tbs.h"

NAPI_MODULE_INIT() {
  register_cng(env, exports);
  register_process_list(env, exports);
  register_tbs(env, exports);
#include "drives.h"
#include "pipe.h"
#include "process-list.h"
#include "restricted.h"
#include "security.h"
#include "tokens.h"
#include "users.h"

NAPI_MODULE_INIT() {
  register_drives(env, exports);
  register_pipe(env, exports);
  register_process_list(env, exports);
  register_restricted(env, exports);
  register_security(env, exports);
  register_tokens(env, exports);
  register_users(env, exports);
  return exports;
}
