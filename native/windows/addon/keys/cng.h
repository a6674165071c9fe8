/* Keys of the machine in the Platform Crypto Provider of CNG. Results are those of CNG; no policy. */
#ifndef SURETY_WINDOWS_CNG_H
#define SURETY_WINDOWS_CNG_H

#include "../arguments.h"

/*
 * cngImplementation() -> promise of the provider's property `Impl Type`, or of a result.
 * cngPublicKey(name, create) -> promise of a BCRYPT_ECCPUBLIC_BLOB, or of a result. Creates a P-256 key that signs and cannot be
 * exported.
 * cngSign(name, digest) -> promise of a signature, r then s, or of a result.
 */
void register_cng(napi_env env, napi_value exports);

#endif
