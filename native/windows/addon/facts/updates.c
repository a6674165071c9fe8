/* What Windows Update knows already: nothing is searched for in the network. By IDispatch, whose names are documented. */
#include "updates.h"

#include "background.h"

#define COBJMACROS
#include <stdlib.h>
/* Before the others, which need its types. */
#include <windows.h>

#include <oleauto.h>

#define MOST_UPDATES 1000
#define MOST_CATEGORIES 50

static HRESULT invoke(IDispatch *object, const wchar_t *name, WORD how, VARIANT *argument, VARIANT *result) {
  DISPID id;
  LPOLESTR names[] = {(LPOLESTR)name};
  HRESULT found = IDispatch_GetIDsOfNames(object, &IID_NULL, names, 1, LOCALE_INVARIANT, &id);
  if (FAILED(found)) return found;
  DISPID put = DISPID_PROPERTYPUT;
  DISPPARAMS arguments = {.rgvarg = argument, .cArgs = argument == NULL ? 0 : 1};
  if (how == DISPATCH_PROPERTYPUT) {
    arguments.rgdispidNamedArgs = &put;
    arguments.cNamedArgs = 1;
  }
  return IDispatch_Invoke(object, id, &IID_NULL, LOCALE_INVARIANT, how, &arguments, result, NULL, NULL);
}

/* Gives an object that the caller releases. */
static HRESULT get_object(IDispatch *object, const wchar_t *name, VARIANT *argument, IDispatch **found) {
  VARIANT value;
  VariantInit(&value);
  *found = NULL;
  HRESULT result = invoke(object, name, DISPATCH_PROPERTYGET | DISPATCH_METHOD, argument, &value);
  if (FAILED(result)) return result;
  if (V_VT(&value) != VT_DISPATCH || V_DISPATCH(&value) == NULL) {
    VariantClear(&value);
    return DISP_E_TYPEMISMATCH;
  }
  *found = V_DISPATCH(&value);
  return S_OK;
}

static HRESULT create(const wchar_t *program, IDispatch **object) {
  CLSID class;
  HRESULT result = CLSIDFromProgID(program, &class);
  if (FAILED(result)) return result;
  return CoCreateInstance(&class, NULL, CLSCTX_INPROC_SERVER | CLSCTX_LOCAL_SERVER, &IID_IDispatch, (void **)object);
}

/* "name":value, where value is null for what is not a text, a date or a boolean. Dates are days since 1899-12-30. */
static void put_member(struct text *answer, IDispatch *object, const wchar_t *name, const char *as) {
  VARIANT value;
  VariantInit(&value);
  HRESULT result = invoke(object, name, DISPATCH_PROPERTYGET, NULL, &value);
  put_plain(answer, "\"");
  put_plain(answer, as);
  put_plain(answer, "\":");
  if (SUCCEEDED(result) && V_VT(&value) == VT_BSTR && V_BSTR(&value) != NULL) {
    put_string(answer, V_BSTR(&value), SysStringLen(V_BSTR(&value)));
  } else if (SUCCEEDED(result) && V_VT(&value) == VT_DATE) {
    put_number(answer, V_DATE(&value));
  } else if (SUCCEEDED(result) && V_VT(&value) == VT_BOOL) {
    put_plain(answer, V_BOOL(&value) == VARIANT_FALSE ? "false" : "true");
  } else {
    put_plain(answer, "null");
  }
  VariantClear(&value);
}

static HRESULT count_of(IDispatch *collection, LONG most, LONG *count) {
  VARIANT value;
  VariantInit(&value);
  HRESULT result = invoke(collection, L"Count", DISPATCH_PROPERTYGET, NULL, &value);
  if (SUCCEEDED(result) && (V_VT(&value) != VT_I4 || V_I4(&value) < 0 || V_I4(&value) > most)) result = DISP_E_OVERFLOW;
  if (SUCCEEDED(result)) *count = V_I4(&value);
  VariantClear(&value);
  return result;
}

static HRESULT item_of(IDispatch *collection, LONG at, IDispatch **item) {
  VARIANT index;
  V_VT(&index) = VT_I4;
  V_I4(&index) = at;
  return get_object(collection, L"Item", &index, item);
}

static HRESULT put_categories(struct text *answer, IDispatch *update) {
  IDispatch *categories;
  LONG count = 0;
  HRESULT result = get_object(update, L"Categories", NULL, &categories);
  if (FAILED(result)) return result;
  result = count_of(categories, MOST_CATEGORIES, &count);
  put_plain(answer, "\"categories\":[");
  for (LONG at = 0; SUCCEEDED(result) && at < count; at++) {
    IDispatch *category;
    result = item_of(categories, at, &category);
    if (FAILED(result)) break;
    put_plain(answer, at == 0 ? "{" : ",{");
    put_member(answer, category, L"CategoryID", "id");
    put_plain(answer, "}");
    IDispatch_Release(category);
  }
  put_plain(answer, "]");
  IDispatch_Release(categories);
  return result;
}

static HRESULT put_update(struct text *answer, IDispatch *update) {
  put_plain(answer, "{");
  put_member(answer, update, L"Title", "title");
  put_plain(answer, ",");
  put_member(answer, update, L"MsrcSeverity", "severity");
  put_plain(answer, ",");
  put_member(answer, update, L"LastDeploymentChangeTime", "published");
  put_plain(answer, ",");
  HRESULT result = put_categories(answer, update);
  put_plain(answer, "}");
  return result;
}

static HRESULT put_updates(struct text *answer, IDispatch *found) {
  IDispatch *updates;
  LONG count = 0;
  HRESULT result = get_object(found, L"Updates", NULL, &updates);
  if (FAILED(result)) return result;
  result = count_of(updates, MOST_UPDATES, &count);
  put_plain(answer, "\"updates\":[");
  for (LONG at = 0; SUCCEEDED(result) && at < count; at++) {
    IDispatch *update;
    result = item_of(updates, at, &update);
    if (FAILED(result)) break;
    if (at > 0) put_plain(answer, ",");
    result = put_update(answer, update);
    IDispatch_Release(update);
  }
  put_plain(answer, "]");
  IDispatch_Release(updates);
  return result;
}

static HRESULT search(IDispatch *searcher, IDispatch **found) {
  VARIANT offline, criteria;
  V_VT(&offline) = VT_BOOL;
  V_BOOL(&offline) = VARIANT_FALSE;
  HRESULT result = invoke(searcher, L"Online", DISPATCH_PROPERTYPUT, &offline, NULL);
  if (FAILED(result)) return result;
  V_VT(&criteria) = VT_BSTR;
  V_BSTR(&criteria) = SysAllocString(L"IsInstalled=0 and IsHidden=0 and Type='Software'");
  if (V_BSTR(&criteria) == NULL) return E_OUTOFMEMORY;
  result = get_object(searcher, L"Search", &criteria, found);
  VariantClear(&criteria);
  return result;
}

/* When Windows last searched, null where it does not say. */
static void put_last_search(struct text *answer) {
  IDispatch *automatic = NULL, *results = NULL;
  if (SUCCEEDED(create(L"Microsoft.Update.AutoUpdate", &automatic))) {
    if (FAILED(get_object(automatic, L"Results", NULL, &results))) results = NULL;
    IDispatch_Release(automatic);
  }
  if (results == NULL) {
    put_plain(answer, "\"searched\":null");
    return;
  }
  put_member(answer, results, L"LastSearchSuccessDate", "searched");
  IDispatch_Release(results);
}

static uint32_t ask_updates(void *input, struct text *answer) {
  (void)input;
  IDispatch *session = NULL, *searcher = NULL, *found = NULL;
  HRESULT result = create(L"Microsoft.Update.Session", &session);
  if (FAILED(result)) return (uint32_t)result;
  result = get_object(session, L"CreateUpdateSearcher", NULL, &searcher);
  IDispatch_Release(session);
  if (FAILED(result)) return (uint32_t)result;
  result = search(searcher, &found);
  IDispatch_Release(searcher);
  if (FAILED(result)) return (uint32_t)result;
  put_plain(answer, "{");
  result = put_updates(answer, found);
  IDispatch_Release(found);
  put_plain(answer, ",");
  put_last_search(answer);
  put_plain(answer, "}");
  return FAILED(result) ? (uint32_t)result : 0;
}

/* pendingUpdates(callback): the callback gets the number of an error or 0, and the updates as JSON. */
static napi_value pending_updates(napi_env env, napi_callback_info info) {
  napi_value callback;
  if (!read_arguments(env, info, &callback, 1)) return refuse(env, "expected a callback");
  return run_in_background(env, callback, "pendingUpdates", ask_updates, NULL);
}

void register_updates(napi_env env, napi_value exports) {
  const struct function functions[] = {{"pendingUpdates", pending_updates}};
  define_functions(env, exports, functions, sizeof functions / sizeof *functions);
}
