/* Files of others: looked at without following a link anywhere on the way. */
#ifndef SURETY_DARWIN_FILES_H
#define SURETY_DARWIN_FILES_H
#include "arguments.h"
void register_files(napi_env env, napi_value exports);
#endif
