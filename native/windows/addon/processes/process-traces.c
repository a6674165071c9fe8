#define COBJMACROS
#include "process-traces.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <wbemidl.h>

#include "../facts/background.h"

/*
 * Win32_ProcessStartTrace and Win32_ProcessStopTrace come from the kernel by way of the service Winmgmt. Only administrators get
 * them. The service may be slow, stopped or broken: all of it happens in a thread of its own, which says what became of it.
 */
#define NEXT_MS 500
#define ENDS_WITHIN_MS 1500
#define MAX_BATCH 256
#define EVENT_NUMBERS 4 /* kind, pid, parent, session */
enum { TRACE_START = 1, TRACE_STOP = 2 };

struct trace {
  napi_threadsafe_function function;
  HANDLE thread;
  volatile LONG is_closing;
};

/* What the thread says: events, or how it stands: 0 events come, else the HRESULT that ended them. */
struct message {
  bool is_state;
  HRESULT state;
  uint32_t count;
  double events[MAX_BATCH * EVENT_NUMBERS];
};

static void hand_over(struct trace *trace, struct message *message) {
  if (message == NULL) return;
  if (napi_call_threadsafe_function(trace->function, message, napi_tsfn_blocking) != napi_ok) free(message);
}

static void send_state(struct trace *trace, HRESULT state) {
  struct message *message = calloc(1, sizeof *message);
  if (message == NULL) return;
  message->is_state = true;
  message->state = state;
  hand_over(trace, message);
}

static bool number_of(IWbemClassObject *object, const wchar_t *name, double *number) {
  VARIANT value;
  VariantInit(&value);
  bool found = IWbemClassObject_Get(object, name, 0, &value, NULL, NULL) == S_OK &&
               VariantChangeType(&value, &value, 0, VT_UI4) == S_OK;
  if (found) *number = (double)V_UI4(&value);
  VariantClear(&value);
  return found;
}

static int kind_of(IWbemClassObject *object) {
  VARIANT value;
  int kind = 0;
  VariantInit(&value);
  if (IWbemClassObject_Get(object, L"__CLASS", 0, &value, NULL, NULL) == S_OK && V_VT(&value) == VT_BSTR) {
    if (wcscmp(V_BSTR(&value), L"Win32_ProcessStartTrace") == 0) kind = TRACE_START;
    if (wcscmp(V_BSTR(&value), L"Win32_ProcessStopTrace") == 0) kind = TRACE_STOP;
  }
  VariantClear(&value);
  return kind;
}

static void add_event(struct message *message, IWbemClassObject *object) {
  double *event = message->events + (size_t)message->count * EVENT_NUMBERS;
  event[0] = kind_of(object);
  event[2] = event[3] = 0;
  if (event[0] == 0 || !number_of(object, L"ProcessID", &event[1])) return;
  number_of(object, L"ParentProcessID", &event[2]);
  number_of(object, L"SessionID", &event[3]);
  message->count++;
}

/* Until it is closed, or fails. */
static HRESULT deliver(struct trace *trace, IEnumWbemClassObject *events) {
  for (;;) {
    struct message *message = NULL;
    ULONG timeout = NEXT_MS;
    HRESULT result = WBEM_S_NO_ERROR;
    while (!trace->is_closing && (message == NULL || message->count < MAX_BATCH)) {
      IWbemClassObject *object = NULL;
      ULONG got = 0;
      result = IEnumWbemClassObject_Next(events, (LONG)timeout, 1, &object, &got);
      if (got == 0) break;
      if (message == NULL) message = calloc(1, sizeof *message);
      if (message != NULL) add_event(message, object);
      IWbemClassObject_Release(object);
      /* What else is there already goes with it. */
      timeout = 0;
    }
    if (message != NULL && message->count > 0) hand_over(trace, message);
    else free(message);
    if (trace->is_closing) return S_OK;
    if (FAILED(result)) return result;
    /* The end of a list, which a query of events has not. */
    if (result == WBEM_S_FALSE) return WBEM_E_FAILED;
  }
}

static HRESULT subscribe(IWbemLocator *locator, IWbemServices **services, IEnumWbemClassObject **events) {
  BSTR space = SysAllocString(L"root\\cimv2"), language = SysAllocString(L"WQL"),
       query = SysAllocString(L"SELECT * FROM Win32_ProcessTrace");
  HRESULT result = space != NULL && language != NULL && query != NULL
                       ? IWbemLocator_ConnectServer(locator, space, NULL, NULL, NULL, WBEM_FLAG_CONNECT_USE_MAX_WAIT, NULL, NULL,
                                                    services)
                       : E_OUTOFMEMORY;
  if (SUCCEEDED(result)) {
    use_own_rights(*services);
    result = IWbemServices_ExecNotificationQuery(*services, language, query,
                                                 WBEM_FLAG_RETURN_IMMEDIATELY | WBEM_FLAG_FORWARD_ONLY, NULL, events);
  }
  if (SUCCEEDED(result) && *events != NULL) use_own_rights(*events);
  SysFreeString(space);
  SysFreeString(language);
  SysFreeString(query);
  return result;
}

static HRESULT follow(struct trace *trace) {
  IWbemLocator *locator = NULL;
  IWbemServices *services = NULL;
  IEnumWbemClassObject *events = NULL;
  HRESULT result = CoInitializeEx(NULL, COINIT_MULTITHREADED);
  if (FAILED(result)) return result;
  result = CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator);
  if (SUCCEEDED(result)) result = subscribe(locator, &services, &events);
  if (SUCCEEDED(result) && events == NULL) result = E_NOTIMPL;
  if (SUCCEEDED(result)) {
    send_state(trace, S_OK);
    result = deliver(trace, events);
  }
  if (events != NULL) IEnumWbemClassObject_Release(events);
  if (services != NULL) IWbemServices_Release(services);
  if (locator != NULL) IWbemLocator_Release(locator);
  CoUninitialize();
  return result;
}

static DWORD WINAPI run_trace(void *context) {
  struct trace *trace = context;
  HRESULT result = follow(trace);
  if (!trace->is_closing) send_state(trace, FAILED(result) ? result : E_FAIL);
  napi_release_threadsafe_function(trace->function, napi_tsfn_release);
  return 0;
}

/* (state, undefined) or (undefined, [kind, pid, parent, session, ...]). */
static void call_back(napi_env env, napi_value callback, void *context, void *data) {
  struct trace *trace = context;
  struct message *message = data;
  napi_value global, undefined, arguments[2], buffer;
  void *bytes;
  if (env != NULL && !trace->is_closing && napi_get_global(env, &global) == napi_ok &&
      napi_get_undefined(env, &undefined) == napi_ok) {
    arguments[0] = arguments[1] = undefined;
    bool is_made;
    if (message->is_state) {
      is_made = napi_create_uint32(env, (uint32_t)message->state, &arguments[0]) == napi_ok;
    } else {
      size_t size = (size_t)message->count * EVENT_NUMBERS * sizeof(double);
      is_made = napi_create_arraybuffer(env, size, &bytes, &buffer) == napi_ok &&
                napi_create_typedarray(env, napi_float64_array, size / sizeof(double), buffer, 0, &arguments[1]) == napi_ok;
      if (is_made) memcpy(bytes, message->events, size);
    }
    if (is_made) napi_call_function(env, global, callback, 2, arguments, NULL);
  }
  free(message);
}

static void free_trace(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct trace *trace = data;
  InterlockedExchange(&trace->is_closing, 1);
  /* At the end of the program the thread may wait for a service that does not answer: then it keeps its memory. */
  if (trace->thread != NULL && WaitForSingleObject(trace->thread, ENDS_WITHIN_MS) != WAIT_OBJECT_0) return;
  if (trace->thread != NULL) CloseHandle(trace->thread);
  free(trace);
}

/* traceClose(trace): nothing is called back any more. */
static napi_value trace_close(napi_env env, napi_callback_info info) {
  napi_value argument;
  napi_valuetype type;
  void *data;
  if (!read_arguments(env, info, &argument, 1) || napi_typeof(env, argument, &type) != napi_ok || type != napi_external ||
      napi_get_value_external(env, argument, &data) != napi_ok) {
    return refuse(env, "expected a trace");
  }
  struct trace **trace = data;
  if (*trace != NULL) InterlockedExchange(&(*trace)->is_closing, 1);
  *trace = NULL;
  return NULL;
}

static void free_handle(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct trace **trace = data;
  if (*trace != NULL) InterlockedExchange(&(*trace)->is_closing, 1);
  free(trace);
}

/* The thread ends by itself, so the trace is freed with the function and not with what JavaScript holds. */
static struct trace *start_trace(napi_env env, napi_value callback) {
  napi_value name;
  struct trace *trace = calloc(1, sizeof *trace);
  if (trace == NULL) return NULL;
  if (napi_create_string_utf8(env, "surety processes", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, callback, NULL, name, 0, 1, trace, free_trace, trace, call_back,
                                      &trace->function) != napi_ok) {
    free(trace);
    return NULL;
  }
  napi_unref_threadsafe_function(env, trace->function);
  trace->thread = CreateThread(NULL, 0, run_trace, trace, CREATE_SUSPENDED, NULL);
  if (trace->thread == NULL) {
    napi_release_threadsafe_function(trace->function, napi_tsfn_abort);
    return NULL;
  }
  return trace;
}

/* traceProcesses((state, events) => void) -> trace: see `call_back`. The state is an HRESULT; 0 when events begin to come. */
static napi_value trace_processes(napi_env env, napi_callback_info info) {
  napi_value callback, value;
  napi_valuetype type;
  if (!read_arguments(env, info, &callback, 1) || napi_typeof(env, callback, &type) != napi_ok || type != napi_function) {
    return refuse(env, "expected a function");
  }
  struct trace **handle = calloc(1, sizeof *handle);
  struct trace *trace = handle == NULL ? NULL : start_trace(env, callback);
  if (trace == NULL) {
    free(handle);
    return throw_windows_error(env, "CreateThread", ERROR_NOT_ENOUGH_MEMORY);
  }
  *handle = trace;
  ResumeThread(trace->thread);
  return napi_create_external(env, handle, free_handle, NULL, &value) == napi_ok ? value : NULL;
}

void register_process_traces(napi_env env, napi_value exports) {
  const struct function functions[] = {{"traceProcesses", trace_processes}, {"traceClose", trace_close}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
