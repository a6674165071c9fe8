import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto'
import { SuretyError } from '../../base/errors.ts'
import type { Encryption } from './manifest.ts'

/**
 * Encryption of the files of a backup: scrypt makes a key from a passphrase, HKDF one for each path. A file is AES-256-GCM in chunks,
 * each with its number and whether it is the last one in the nonce, so that no chunk can be moved, left out or cut off.
 */

const CHUNK_BYTES = 1024 * 1024
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'
/** 2^17: 128 MiB for one guess. */
const COST = 131_072
const BLOCK_SIZE = 8

export function newEncryption(): Encryption {
  return { scheme: 'scrypt-aes-256-gcm', salt: randomBytes(16).toString('base64url'), cost: COST }
}

/** @returns the key of a path. */
export async function keysOf(passphrase: string, { salt, cost }: Encryption): Promise<(path: string) => Uint8Array> {
  const options = { N: cost, r: BLOCK_SIZE, p: 1, maxmem: 256 * BLOCK_SIZE * cost }
  const master = await new Promise<Buffer>((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'base64url'), 32, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
  return (path) => new Uint8Array(hkdfSync('sha256', master, '', `surety backup ${path}`, 32))
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export async function* encrypted(key: Uint8Array, plain: Chunks): AsyncGenerator<Uint8Array> {
  for await (const { number, last, chunk } of numbered(plain, CHUNK_BYTES)) {
    const cipher = createCipheriv(CIPHER, key, nonceOf(number, last))
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }
}

/** @throws `SIGNATURE_INVALID` for another passphrase, or a file that was changed. */
export async function* decrypted(key: Uint8Array, sealed: Chunks): AsyncGenerator<Uint8Array> {
  for await (const { number, last, chunk } of numbered(sealed, CHUNK_BYTES + TAG_BYTES)) {
    yield open(key, { number, last, chunk })
  }
}

interface Numbered {
  readonly number: number
  readonly last: boolean
  readonly chunk: Uint8Array
}

function open(key: Uint8Array, { number, last, chunk }: Numbered): Uint8Array {
  try {
    const decipher = createDecipheriv(CIPHER, key, nonceOf(number, last))
    decipher.setAuthTag(chunk.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(chunk.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new SuretyError('SIGNATURE_INVALID', 'the passphrase is another one, or the backup was changed', { cause })
  }
}

function nonceOf(number: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(number, 7)
  nonce.writeUInt8(last ? 1 : 0, 11)
  return nonce
}

/** Cuts bytes into chunks of one size. The last one may be shorter, and an empty file has one empty chunk. */
async function* numbered(bytes: Chunks, size: number): AsyncGenerator<Numbered> {
  let rest = Buffer.alloc(0)
  let number = 0
  for await (const piece of bytes) {
    rest = Buffer.concat([rest, piece])
    let at = 0
    // Whether a chunk is the last one is known when more follows.
    for (; rest.length - at > size; at += size) {
      yield { number: number++, last: false, chunk: rest.subarray(at, at + size) }
    }
    rest = rest.subarray(at)
  }
  yield { number, last: true, chunk: rest }
}
