/* TPM Base Services: the resource manager of Windows. Results are those of TBS; no policy. */
#ifndef SURETY_WINDOWS_TBS_H
#define SURETY_WINDOWS_TBS_H

#include "../arguments.h"

/*
 * tbsOpen() -> promise of a context, or of a result.
 * tbsSubmit(context, command) -> promise of the response, or of a result.
 * tbsEventLog(context) -> promise of the log of measured boot, or of a result.
 * tbsOwnerAuthorisation(context, type) -> promise of a password that Windows keeps, or of a result.
 * tbsCancel(context) -> a result. The command that runs then ends soon.
 * tbsClose(context) -> promise of a result.
 *
 * A context takes one call at a time, besides tbsCancel. A result is a number: 0, a code of TBS, or an error of Windows where
 * tbs.dll itself cannot be used.
 */
void register_tbs(napi_env env, napi_value exports);

#endif
