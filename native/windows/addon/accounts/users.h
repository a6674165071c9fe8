/* Accounts of this device. Both calls ask on a thread of the pool: a domain controller may take its time. */
#ifndef SURETY_WINDOWS_USERS_H
#define SURETY_WINDOWS_USERS_H

#include "../arguments.h"

/*
 * userProfiles() -> promise of {userId, home, name}[]: the keys of ProfileList. `home` is ProfileImagePath with its variables
 * replaced, empty when it is absent or no text. `name` is empty when nobody knows the SID.
 * userAdministrators() -> promise of SIDs: the members of Administrators, users and groups.
 * Both reject with the call that failed as the code.
 */
void register_users(napi_env env, napi_value exports);

#endif
