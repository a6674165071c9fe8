/* A resident program gives back what it needed once. See mallopt(3), malloc_trim(3). With an arena for each thread, the gaps that
 * start and first scans leave took 4 MB of an idle daemon. */
#include <malloc.h>

#include "surety-native.h"

/* What mallopt(3) begins with. Once such a block is freed the C library would take it, and all below its size, from its arenas
 * from then on, each of which keeps what others leave between what is used. */
#define OWN_PAGES_FROM (128 * 1024)

napi_value keep_heap_small(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, OWN_PAGES_FROM);
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
