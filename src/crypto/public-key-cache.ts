import type { KeyObject } from 'node:crypto'
import { fromBase64Url } from '../base/bytes.ts'
import { importP256 } from './jws.ts'

/**
 * Returns the P-256 key for a SubjectPublicKeyInfo in base64url. Keeps the most recently used keys: a key that has verified
 * takes about 5 KB, and few of the connected devices are active at once.
 *
 * @throws what `importP256` throws.
 */
export type PublicKeyCache = (spki: string) => KeyObject

export function publicKeyCache({ capacity }: { readonly capacity: number }): PublicKeyCache {
  const kept = new Map<string, KeyObject>()
  return (spki) => {
    const known = kept.get(spki)
    if (known !== undefined) kept.delete(spki) // moves to the end
    const key = known ?? importP256(fromBase64Url(spki) ?? new Uint8Array())
    kept.set(spki, key)
    const oldest = kept.size > capacity ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    return key
  }
}
