import type { KeyObject } from 'node:crypto'
import { fromBase64Url } from '../base/bytes.ts'
import { importP256 } from './jws.ts'

/**
 * Reads P-256 keys from their SubjectPublicKeyInfo, base64url, and keeps those that were used last: a key that has verified
 * takes some five KB, and of the devices that are connected few are at work at once.
 *
 * @throws as `importP256`.
 */
export type PublicKeys = (spki: string) => KeyObject

export function publicKeys({ capacity }: { readonly capacity: number }): PublicKeys {
  const kept = new Map<string, KeyObject>()
  return (spki) => {
    const known = kept.get(spki)
    if (known !== undefined) kept.delete(spki) // and to the end again
    const key = known ?? importP256(fromBase64Url(spki) ?? new Uint8Array())
    kept.set(spki, key)
    const oldest = kept.size > capacity ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    return key
  }
}
