/* A resident program gives back what it needed once. See mallopt(3), malloc_trim(3). */
#include <malloc.h>

#include "surety-native.h"

napi_value limit_arenas(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
  return NULL;
}

napi_value trim_memory(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return NULL;
}
