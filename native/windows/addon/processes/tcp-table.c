#include "tcp-table.h"

#include <winsock2.h>

#include <iphlpapi.h>

/* tcpTable(bytes, isVersion6) -> bytes of MIB_TCPTABLE_OWNER_PID or MIB_TCP6TABLE_OWNER_PID: more than there are when it did not fit,
   0 when Windows does not tell. */
static napi_value tcp_table(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  uint8_t *bytes;
  size_t length;
  bool is_version_6;
  if (!read_arguments(env, info, arguments, 2) || !read_bytes(env, arguments[0], &bytes, &length) ||
      napi_get_value_bool(env, arguments[1], &is_version_6) != napi_ok) {
    return refuse(env, "expected bytes and a boolean");
  }
  DWORD size = (DWORD)length;
  ULONG family = is_version_6 ? AF_INET6 : AF_INET;
  DWORD error = GetExtendedTcpTable(bytes, &size, FALSE, family, TCP_TABLE_OWNER_PID_ALL, 0);
  if (error == ERROR_INSUFFICIENT_BUFFER && size <= length) size = (DWORD)length + 1;
  if (error != NO_ERROR && error != ERROR_INSUFFICIENT_BUFFER) size = 0;
  return napi_create_uint32(env, size, &result) == napi_ok ? result : NULL;
}

void register_tcp_table(napi_env env, napi_value exports) {
  const struct function functions[] = {{"tcpTable", tcp_table}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
