import { createECDH, createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto'
import { signDeterministic, toBytes, toPrivateKey } from './rfc6979.ts'

/** A P-256 key that anybody can make from its label: SHA-256 of `surety test key ` and the label. Never for real use. */
export interface TestKey {
  readonly label: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array<ArrayBuffer>
  /** With the private part. */
  readonly jwk: P256Jwk
  /** The same signature every time: r then s. */
  sign(message: Uint8Array): Promise<Uint8Array<ArrayBuffer>>
}

export interface P256Jwk {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y: string
  readonly d: string
}

export function testKey(label: string): TestKey {
  const secret = toPrivateKey(hash('sha256', `surety test key ${label}`, 'buffer'))
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(toBytes(secret))
  const point = ecdh.getPublicKey()
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: text(point.subarray(1, 33)),
    y: text(point.subarray(33)),
    d: text(toBytes(secret)),
  }
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  return {
    label,
    privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
    publicKey,
    spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
    jwk,
    sign: async (message) => signDeterministic(secret, message),
  }
}
