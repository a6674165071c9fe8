import { createECDH, randomBytes } from 'node:crypto'
import type { CngAddon } from '../../../src/keys/cng/cng-keys.ts'
import { signDigest, toBytes, toPrivateKey } from '../../support/protocol/rfc6979.ts'

/** NCRYPT_IMPL_HARDWARE_FLAG and NCRYPT_IMPL_SOFTWARE_FLAG, little-endian. */
export const HARDWARE = Uint8Array.of(1, 0, 0, 0)
export const SOFTWARE = Uint8Array.of(2, 0, 0, 0)
const NTE_EXISTS = 0x8009000f
const NTE_BAD_KEYSET = 0x80090016

/** The keys of a machine with a TPM, as CNG answers for them. */
export class FakeCng implements CngAddon {
  implementation: Uint8Array | number = HARDWARE
  readonly keys = new Map<string, FakeKey>()
  /** In place of the next answers about public keys and signatures. */
  readonly answers: (Uint8Array | number)[] = []

  async cngImplementation() {
    return this.implementation
  }
  async cngPublicKey(name: string, create: boolean) {
    const answer = this.answers.shift()
    if (answer !== undefined) return answer
    if (create && this.keys.has(name)) return NTE_EXISTS
    if (create) this.keys.set(name, makeKey())
    return this.keys.get(name)?.blob ?? NTE_BAD_KEYSET
  }
  async cngSign(name: string, digest: Uint8Array) {
    const key = this.keys.get(name)
    return this.answers.shift() ?? (key === undefined ? NTE_BAD_KEYSET : signDigest(key.secret, digest))
  }
}

interface FakeKey {
  readonly secret: bigint
  readonly blob: Uint8Array
}

/** The blob is BCRYPT_ECDSA_PUBLIC_P256_MAGIC, the size of a coordinate, x and y. */
function makeKey(): FakeKey {
  const pair = createECDH('prime256v1')
  const secret = toPrivateKey(randomBytes(32))
  pair.setPrivateKey(toBytes(secret))
  const blob = Buffer.concat([Buffer.from('4543533120000000', 'hex'), pair.getPublicKey().subarray(1)])
  return { secret, blob: new Uint8Array(blob) }
}
