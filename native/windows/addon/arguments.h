/* What every topic of the addon needs: arguments in, errors out. A topic is one pair of files and one `register_TOPIC`. */
#ifndef SURETY_WINDOWS_ARGUMENTS_H
#define SURETY_WINDOWS_ARGUMENTS_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest path of Windows with its NUL, in wide characters. */
#define MAX_PATH_WORDS 32768

struct function {
  const char *name;
  napi_callback call;
};

/* Makes each function a property of `exports`. */
void define_functions(napi_env env, napi_value exports, const struct function *functions, size_t count);

/* Reads exactly `count` arguments; false when there are fewer. */
bool read_arguments(napi_env env, napi_callback_info info, napi_value *arguments, size_t count);
/* A Uint8Array of at most 4 GiB. The bytes belong to JavaScript and stay where they are until the call returns. */
bool read_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length);
/* A Float64Array with at least `least` numbers. */
bool read_numbers(napi_env env, napi_value value, double **numbers, size_t least);
/* A string without NUL, with its NUL, of at most `words` wide characters in all. */
bool read_wide(napi_env env, napi_value value, wchar_t *text, size_t words);
/* The same, in new memory that the caller frees; NULL when it is no such string or there is no memory. */
wchar_t *read_new_wide(napi_env env, napi_value value, size_t most_words);

/* A string of JavaScript. NULL when it cannot be made. */
napi_value wide_value(napi_env env, const wchar_t *text, size_t length);
/* Throws a TypeError. Answers NULL. */
napi_value refuse(napi_env env, const char *expected);
/* Throws an Error whose code is the name of the call, with `number`, a Win32 error, NTSTATUS or HRESULT, in its message: `error 5`
   below 65,536, else `error 0x8004100E`. Answers NULL. */
napi_value throw_windows_error(napi_env env, const char *call, uint32_t number);

#endif
