/* What every topic of the addon needs: arguments in, numbers out. A topic is one pair of files and one `register_TOPIC`. */
#ifndef SURETY_DARWIN_ARGUMENTS_H
#define SURETY_DARWIN_ARGUMENTS_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct function {
  const char *name;
  napi_callback call;
};

/* Makes each function a property of `exports`. */
void define_functions(napi_env env, napi_value exports, const struct function *functions, size_t count);

/* Reads `count` whole numbers, then a Uint8Array of less than 2 GiB. Otherwise throws a TypeError and answers false. The bytes belong
   to JavaScript and stay where they are until the call returns. */
bool read_call(napi_env env, napi_callback_info info, int32_t *numbers, size_t count, uint8_t **bytes, int *length);
/* Reads `count` whole numbers. Otherwise throws a TypeError and answers false. */
bool read_numbers(napi_env env, napi_callback_info info, int32_t *numbers, size_t count);
/* Reads text of fewer than `bytes` bytes with its NUL, and a Uint8Array unless `buffer` is NULL. Otherwise throws a TypeError. */
bool read_text(napi_env env, napi_callback_info info, char *text, size_t bytes, uint8_t **buffer, int *length);

/* A number of JavaScript. NULL when it cannot be made. */
napi_value number_value(napi_env env, int32_t value);
/* A function of libSystem that Apple documents nowhere and may take away. NULL when this system has none. */
void *find_function(const char *name);

#endif
