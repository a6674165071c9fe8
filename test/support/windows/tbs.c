/*
 * A tbs.dll for tests: contexts are connections to test/support/tpm/shared-tpm.ts, at the port in the value TpmPort of
 * HKEY_LOCAL_MACHINE\SOFTWARE\Surety Test. What a context has loaded is flushed when it is closed. Unlike TBS, a cancelled command ends
 * what its context has loaded.
 */
#include <winsock2.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define SUCCESS 0
#define BAD_PARAMETER 0x80284002u
#define INVALID_CONTEXT 0x80284004u
#define INSUFFICIENT_BUFFER 0x80284005u
#define IO_ERROR 0x80284006u
#define COMMAND_CANCELED 0x8028400Du
#define TPM_NOT_FOUND 0x8028400Fu
#define OWNERAUTH_NOT_FOUND 0x80284015u
#define KEY L"SOFTWARE\\Surety Test"
#define MARK 0x54425358u

/* Tags that no TPM uses; see shared-tpm.ts. */
#define TBS_RESULT 0x5442
#define EVENT_LOG 0x544C
#define HEAD_BYTES 6

struct context {
  UINT32 mark;
  volatile LONG cancelled;
  volatile SOCKET socket;
  CRITICAL_SECTION lock;
};

static UINT32 u16_at(const BYTE *bytes) {
  return (UINT32)bytes[0] << 8 | bytes[1];
}

static UINT32 u32_at(const BYTE *bytes) {
  return u16_at(bytes) << 16 | u16_at(bytes + 2);
}

static SOCKET dial(void) {
  DWORD port = 0, size = sizeof port;
  WSADATA started;
  if (RegGetValueW(HKEY_LOCAL_MACHINE, KEY, L"TpmPort", RRF_RT_REG_DWORD, NULL, &port, &size) != 0 ||
      WSAStartup(MAKEWORD(2, 2), &started) != 0) {
    return INVALID_SOCKET;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SOCKET socket_ = socket(AF_INET, SOCK_STREAM, 0);
  BOOL on = TRUE;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
  if (socket_ != INVALID_SOCKET && connect(socket_, (struct sockaddr *)&address, sizeof address) != 0) {
    closesocket(socket_);
    return INVALID_SOCKET;
  }
  return socket_;
}

static BOOL receive(SOCKET from, BYTE *bytes, UINT32 length) {
  while (length > 0) {
    int got = recv(from, (char *)bytes, (int)length, 0);
    if (got <= 0) return FALSE;
    bytes += got;
    length -= (UINT32)got;
  }
  return TRUE;
}

/* The answer whole, in new memory. */
static BYTE *ask(SOCKET socket_, const BYTE *bytes, UINT32 length, UINT32 *size) {
  BYTE head[HEAD_BYTES];
  if (send(socket_, (const char *)bytes, (int)length, 0) != (int)length || !receive(socket_, head, sizeof head)) return NULL;
  *size = u32_at(head + 2);
  BYTE *answer = *size < HEAD_BYTES || *size > 4u << 20 ? NULL : malloc(*size);
  if (answer == NULL) return NULL;
  memcpy(answer, head, sizeof head);
  if (receive(socket_, answer + HEAD_BYTES, *size - HEAD_BYTES)) return answer;
  free(answer);
  return NULL;
}

static void drop(struct context *context) {
  if (context->socket != INVALID_SOCKET) closesocket(context->socket);
  context->socket = INVALID_SOCKET;
}

static UINT32 hand_over(const BYTE *answer, UINT32 size, BYTE *out, UINT32 *length) {
  UINT32 room = *length;
  *length = size;
  if (out == NULL) return SUCCESS;
  if (size > room) return INSUFFICIENT_BUFFER;
  memcpy(out, answer, size);
  return SUCCESS;
}

static UINT32 exchange(struct context *context, const BYTE *bytes, UINT32 count, BYTE *out, UINT32 *length) {
  if (context == NULL || context->mark != MARK) return INVALID_CONTEXT;
  UINT32 size = 0, result;
  EnterCriticalSection(&context->lock);
  context->cancelled = 0;
  if (context->socket == INVALID_SOCKET) context->socket = dial();
  BYTE *answer = context->socket == INVALID_SOCKET ? NULL : ask(context->socket, bytes, count, &size);
  if (answer == NULL) {
    result = context->cancelled ? COMMAND_CANCELED : IO_ERROR;
    drop(context);
  } else if (u16_at(answer) == TBS_RESULT) {
    result = size < 10 ? IO_ERROR : u32_at(answer + HEAD_BYTES);
  } else if (u16_at(answer) == EVENT_LOG) {
    result = hand_over(answer + HEAD_BYTES, size - HEAD_BYTES, out, length);
  } else {
    result = hand_over(answer, size, out, length);
  }
  free(answer);
  LeaveCriticalSection(&context->lock);
  return result;
}

__declspec(dllexport) UINT32 WINAPI Tbsi_Context_Create(const UINT32 *parameters, void **out) {
  /* Version 2 with TPM 2.0, as a client of TPM 2.0 must ask. */
  if (parameters == NULL || out == NULL || parameters[0] != 2 || (parameters[1] & 4) == 0) return BAD_PARAMETER;
  struct context *context = calloc(1, sizeof *context);
  if (context == NULL) return BAD_PARAMETER;
  context->mark = MARK;
  context->socket = dial();
  if (context->socket == INVALID_SOCKET) {
    free(context);
    return TPM_NOT_FOUND;
  }
  InitializeCriticalSection(&context->lock);
  *out = context;
  return SUCCESS;
}

__declspec(dllexport) UINT32 WINAPI Tbsip_Submit_Command(void *context, UINT32 locality, UINT32 priority, const BYTE *command,
                                                         UINT32 length, BYTE *response, UINT32 *response_length) {
  if (locality != 0 || priority != 200 || command == NULL || response == NULL || length < 10) return BAD_PARAMETER;
  return exchange(context, command, length, response, response_length);
}

__declspec(dllexport) UINT32 WINAPI Tbsi_Get_TCG_Log(void *context, BYTE *log, UINT32 *length) {
  const BYTE request[HEAD_BYTES] = {EVENT_LOG >> 8, EVENT_LOG & 255, 0, 0, 0, HEAD_BYTES};
  return length == NULL ? BAD_PARAMETER : exchange(context, request, sizeof request, log, length);
}

/* From the value StoragePassword or EndorsementPassword beside TpmPort. */
__declspec(dllexport) UINT32 WINAPI Tbsi_Get_OwnerAuth(void *handle, UINT32 type, BYTE *password, UINT32 *length) {
  struct context *context = handle;
  const WCHAR *name = type == 13 ? L"StoragePassword" : type == 12 ? L"EndorsementPassword" : NULL;
  DWORD size = length == NULL ? 0 : *length;
  if (context == NULL || context->mark != MARK) return INVALID_CONTEXT;
  if (name == NULL || length == NULL) return BAD_PARAMETER;
  LSTATUS status = RegGetValueW(HKEY_LOCAL_MACHINE, KEY, name, RRF_RT_REG_BINARY, NULL, password, &size);
  *length = size;
  if (status == ERROR_MORE_DATA) return INSUFFICIENT_BUFFER;
  return status == 0 ? SUCCESS : OWNERAUTH_NOT_FOUND;
}

__declspec(dllexport) UINT32 WINAPI Tbsip_Cancel_Commands(void *handle) {
  struct context *context = handle;
  if (context == NULL || context->mark != MARK) return INVALID_CONTEXT;
  InterlockedExchange(&context->cancelled, 1);
  SOCKET running = context->socket;
  if (running != INVALID_SOCKET) shutdown(running, SD_BOTH);
  return SUCCESS;
}

__declspec(dllexport) UINT32 WINAPI Tbsip_Context_Close(void *handle) {
  struct context *context = handle;
  if (context == NULL || context->mark != MARK) return INVALID_CONTEXT;
  context->mark = 0;
  drop(context);
  DeleteCriticalSection(&context->lock);
  free(context);
  return SUCCESS;
}
