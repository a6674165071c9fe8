/* Registers the addon's functions. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "surety-native.h"

int read_descriptor(napi_env env, napi_callback_info info, int *fd) {
  size_t count = 1;
  napi_value argument;
  int32_t value;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_value_int32(env, argument, &value) != napi_ok || value < 0) {
    napi_throw_type_error(env, NULL, "expected a file descriptor");
    return 0;
  }
  *fd = value;
  return 1;
}

napi_value throw_errno(napi_env env, const char *call) {
  napi_throw_error(env, call, strerror(errno));
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"peerCredentials", NULL, peer_credentials, NULL, NULL, NULL, napi_enumerable, NULL},
      {"processEnded", NULL, process_ended, NULL, NULL, NULL, napi_enumerable, NULL},
      {"closeOnExec", NULL, close_on_exec, NULL, NULL, NULL, napi_enumerable, NULL},
      {"keepHeapSmall", NULL, keep_heap_small, NULL, NULL, NULL, napi_enumerable, NULL},
      {"trimMemory", NULL, trim_memory, NULL, NULL, NULL, napi_enumerable, NULL},
      {"notifyService", NULL, notify_service, NULL, NULL, NULL, napi_enumerable, NULL},
      {"watchProcesses", NULL, watch_processes, NULL, NULL, NULL, napi_enumerable, NULL},
      {"readProcess", NULL, read_process, NULL, NULL, NULL, napi_enumerable, NULL},
      {"resolveProgram", NULL, resolve_program, NULL, NULL, NULL, napi_enumerable, NULL},
      {"openFreezer", NULL, open_freezer, NULL, NULL, NULL, napi_enumerable, NULL},
      {"readProcesses", NULL, read_processes, NULL, NULL, NULL, napi_enumerable, NULL},
      {"packetRules", NULL, packet_rules, NULL, NULL, NULL, napi_enumerable, NULL},
      {"markSockets", NULL, mark_sockets, NULL, NULL, NULL, napi_enumerable, NULL},
      {"openTerminal", NULL, open_terminal, NULL, NULL, NULL, napi_enumerable, NULL},
      {"readTerminal", NULL, read_terminal, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setTerminalRows", NULL, set_terminal_rows, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
