/* Questions to WMI: instances of a class, and methods of an instance that take nothing. */
#include "wmi.h"

#include "background.h"

#define COBJMACROS
#include <stdlib.h>
#include <wbemidl.h>
#include <windows.h>

#define MOST_WORDS 2048
#define MOST_ROWS 4096
#define MOST_ELEMENTS 4096

struct question {
  wchar_t space[MOST_WORDS];
  /* The query, or the class of a method. */
  wchar_t text[MOST_WORDS];
  wchar_t path[MOST_WORDS];
  wchar_t method[128];
  uint32_t within_ms;
};

static BSTR copy(const wchar_t *text) { return SysAllocString(text); }

static uint64_t now_ms(void) { return GetTickCount64(); }

static LONG left_ms(uint64_t until) {
  uint64_t now = now_ms();
  return now >= until ? 0 : (LONG)(until - now);
}

static HRESULT connect_to(const wchar_t *space, IWbemServices **services) {
  IWbemLocator *locator = NULL;
  HRESULT result = CoCreateInstance(&CLSID_WbemLocator, NULL, CLSCTX_INPROC_SERVER, &IID_IWbemLocator, (void **)&locator);
  if (FAILED(result)) return result;
  BSTR name = copy(space);
  /* Not longer than two minutes. */
  result = name == NULL ? E_OUTOFMEMORY
                        : IWbemLocator_ConnectServer(locator, name, NULL, NULL, NULL, WBEM_FLAG_CONNECT_USE_MAX_WAIT, NULL,
                                                     NULL, services);
  SysFreeString(name);
  IWbemLocator_Release(locator);
  if (SUCCEEDED(result)) use_own_rights(*services);
  return result;
}

/* One number or text as JSON. 64-bit numbers are texts to WMI. */
static void put_scalar(struct text *answer, VARTYPE type, CIMTYPE kind, const void *at) {
  switch (type) {
    case VT_BSTR: {
      BSTR text = *(const BSTR *)at;
      put_string(answer, text, text == NULL ? 0 : SysStringLen(text));
      return;
    }
    case VT_BOOL: put_plain(answer, *(const VARIANT_BOOL *)at == VARIANT_FALSE ? "false" : "true"); return;
    case VT_UI1: put_number(answer, *(const uint8_t *)at); return;
    case VT_I1: put_number(answer, *(const int8_t *)at); return;
    case VT_I2: put_number(answer, kind == CIM_UINT16 ? (double)*(const uint16_t *)at : (double)*(const int16_t *)at); return;
    case VT_UI2: put_number(answer, *(const uint16_t *)at); return;
    case VT_I4: put_number(answer, kind == CIM_UINT32 ? (double)*(const uint32_t *)at : (double)*(const int32_t *)at); return;
    case VT_UI4: put_number(answer, *(const uint32_t *)at); return;
    case VT_R4: put_number(answer, *(const float *)at); return;
    case VT_R8: put_number(answer, *(const double *)at); return;
    default: put_plain(answer, "null");
  }
}

static void put_array(struct text *answer, VARTYPE type, CIMTYPE kind, SAFEARRAY *array) {
  LONG lowest = 0, highest = -1;
  uint8_t *data = NULL;
  UINT size = array == NULL ? 0 : SafeArrayGetElemsize(array);
  if (size == 0 || SafeArrayGetDim(array) != 1 || FAILED(SafeArrayGetLBound(array, 1, &lowest)) ||
      FAILED(SafeArrayGetUBound(array, 1, &highest)) || highest - lowest >= MOST_ELEMENTS ||
      FAILED(SafeArrayAccessData(array, (void **)&data))) {
    put_plain(answer, "null");
    return;
  }
  put_plain(answer, "[");
  for (LONG at = lowest; at <= highest; at++) {
    if (at > lowest) put_plain(answer, ",");
    put_scalar(answer, type, kind, data + (size_t)(at - lowest) * size);
  }
  put_plain(answer, "]");
  SafeArrayUnaccessData(array);
}

static void put_variant(struct text *answer, const VARIANT *value, CIMTYPE kind) {
  VARTYPE type = V_VT(value);
  if ((type & VT_ARRAY) != 0) put_array(answer, type & VT_TYPEMASK, kind & ~CIM_FLAG_ARRAY, V_ARRAY(value));
  else put_scalar(answer, type, kind, &V_I4(value));
}

static HRESULT put_object(struct text *answer, IWbemClassObject *object) {
  HRESULT result = IWbemClassObject_BeginEnumeration(object, WBEM_FLAG_NONSYSTEM_ONLY);
  if (FAILED(result)) return result;
  put_plain(answer, "{");
  for (bool first = true;; first = false) {
    BSTR name = NULL;
    VARIANT value;
    CIMTYPE kind = 0;
    VariantInit(&value);
    result = IWbemClassObject_Next(object, 0, &name, &value, &kind, NULL);
    if (result != WBEM_S_NO_ERROR) break;
    if (!first) put_plain(answer, ",");
    put_string(answer, name, name == NULL ? 0 : SysStringLen(name));
    put_plain(answer, ":");
    put_variant(answer, &value, kind);
    SysFreeString(name);
    VariantClear(&value);
  }
  IWbemClassObject_EndEnumeration(object);
  put_plain(answer, "}");
  return FAILED(result) ? result : S_OK;
}

static HRESULT put_rows(struct text *answer, IEnumWbemClassObject *rows, uint64_t until) {
  put_plain(answer, "[");
  for (int count = 0;; count++) {
    IWbemClassObject *row = NULL;
    ULONG got = 0;
    HRESULT result = IEnumWbemClassObject_Next(rows, left_ms(until), 1, &row, &got);
    if (result == WBEM_S_TIMEDOUT) return HRESULT_FROM_WIN32(WAIT_TIMEOUT);
    if (FAILED(result)) return result;
    if (got == 0) break;
    if (count >= MOST_ROWS) answer->overflowed = true;
    if (count > 0) put_plain(answer, ",");
    result = put_object(answer, row);
    IWbemClassObject_Release(row);
    if (FAILED(result)) return result;
    if (answer->overflowed) return S_OK;
  }
  put_plain(answer, "]");
  return S_OK;
}

static uint32_t ask_rows(void *input, struct text *answer) {
  struct question *question = input;
  uint64_t until = now_ms() + question->within_ms;
  IWbemServices *services = NULL;
  IEnumWbemClassObject *rows = NULL;
  HRESULT result = connect_to(question->space, &services);
  if (FAILED(result)) return (uint32_t)result;
  BSTR language = copy(L"WQL"), text = copy(question->text);
  result = language == NULL || text == NULL
               ? E_OUTOFMEMORY
               : IWbemServices_ExecQuery(services, language, text,
                                         WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY, NULL, &rows);
  SysFreeString(text);
  SysFreeString(language);
  if (SUCCEEDED(result)) {
    use_own_rights(rows);
    result = put_rows(answer, rows, until);
    IEnumWbemClassObject_Release(rows);
  }
  IWbemServices_Release(services);
  return FAILED(result) ? (uint32_t)result : 0;
}

/* An instance with the arguments of the method, none of them set; NULL when it takes none. */
static HRESULT empty_arguments(IWbemServices *services, const struct question *question, IWbemClassObject **instance) {
  IWbemClassObject *class = NULL, *signature = NULL;
  BSTR name = copy(question->text);
  HRESULT result = name == NULL ? E_OUTOFMEMORY : IWbemServices_GetObject(services, name, 0, NULL, &class, NULL);
  SysFreeString(name);
  if (FAILED(result)) return result;
  result = IWbemClassObject_GetMethod(class, question->method, 0, &signature, NULL);
  if (SUCCEEDED(result) && signature != NULL) {
    result = IWbemClassObject_SpawnInstance(signature, 0, instance);
    IWbemClassObject_Release(signature);
  }
  IWbemClassObject_Release(class);
  return result;
}

static HRESULT call_method(IWbemServices *services, const struct question *question, uint64_t until,
                           IWbemClassObject **output) {
  IWbemClassObject *arguments = NULL;
  IWbemCallResult *call = NULL;
  HRESULT result = empty_arguments(services, question, &arguments);
  if (FAILED(result)) return result;
  BSTR path = copy(question->path), method = copy(question->method);
  result = path == NULL || method == NULL
               ? E_OUTOFMEMORY
               : IWbemServices_ExecMethod(services, path, method, WBEM_FLAG_RETURN_IMMEDIATELY, NULL, arguments, output,
                                          &call);
  SysFreeString(method);
  SysFreeString(path);
  if (arguments != NULL) IWbemClassObject_Release(arguments);
  if (SUCCEEDED(result) && call != NULL && *output == NULL) {
    use_own_rights(call);
    result = IWbemCallResult_GetResultObject(call, left_ms(until), output);
    if (result == WBEM_S_TIMEDOUT) result = HRESULT_FROM_WIN32(WAIT_TIMEOUT);
  }
  if (call != NULL) IWbemCallResult_Release(call);
  return result;
}

static uint32_t ask_method(void *input, struct text *answer) {
  struct question *question = input;
  uint64_t until = now_ms() + question->within_ms;
  IWbemServices *services = NULL;
  IWbemClassObject *output = NULL;
  HRESULT result = connect_to(question->space, &services);
  if (FAILED(result)) return (uint32_t)result;
  result = call_method(services, question, until, &output);
  if (SUCCEEDED(result)) result = output == NULL ? (HRESULT)WBEM_E_NOT_FOUND : put_object(answer, output);
  if (output != NULL) IWbemClassObject_Release(output);
  IWbemServices_Release(services);
  return FAILED(result) ? (uint32_t)result : 0;
}

static napi_value expected(napi_env env, struct question *question, const char *what) {
  free(question);
  return refuse(env, what);
}

/* wmiQuery(namespace, query, withinMs, callback): the callback gets the number of an error or 0, and rows as JSON. */
static napi_value wmi_query(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  struct question *question = calloc(1, sizeof *question);
  if (question == NULL) return throw_windows_error(env, "wmiQuery", ERROR_NOT_ENOUGH_MEMORY);
  if (!read_arguments(env, info, arguments, 4) || !read_wide(env, arguments[0], question->space, MOST_WORDS) ||
      !read_wide(env, arguments[1], question->text, MOST_WORDS) ||
      napi_get_value_uint32(env, arguments[2], &question->within_ms) != napi_ok) {
    return expected(env, question, "expected a namespace, a query, milliseconds and a callback");
  }
  return run_in_background(env, arguments[3], "wmiQuery", ask_rows, question);
}

/* wmiCall(namespace, class, path, method, withinMs, callback): as wmiQuery, with what the method gave as one object. */
static napi_value wmi_call(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  struct question *question = calloc(1, sizeof *question);
  if (question == NULL) return throw_windows_error(env, "wmiCall", ERROR_NOT_ENOUGH_MEMORY);
  if (!read_arguments(env, info, arguments, 6) || !read_wide(env, arguments[0], question->space, MOST_WORDS) ||
      !read_wide(env, arguments[1], question->text, MOST_WORDS) ||
      !read_wide(env, arguments[2], question->path, MOST_WORDS) ||
      !read_wide(env, arguments[3], question->method, sizeof question->method / sizeof *question->method) ||
      napi_get_value_uint32(env, arguments[4], &question->within_ms) != napi_ok) {
    return expected(env, question, "expected a namespace, a class, a path, a method, milliseconds and a callback");
  }
  return run_in_background(env, arguments[5], "wmiCall", ask_method, question);
}

void register_wmi(napi_env env, napi_value exports) {
  const struct function functions[] = {{"wmiQuery", wmi_query}, {"wmiCall", wmi_call}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
