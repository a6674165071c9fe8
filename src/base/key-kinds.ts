/** The kinds of keys that a device can have. `keys/` has a provider for each. */
export const KEY_KINDS = ['tpm', 'pkcs11', 'secure-enclave', 'cng', 'software'] as const
export type KeyKind = (typeof KEY_KINDS)[number]
