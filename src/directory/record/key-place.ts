import type { Bytes } from '../../base/bytes.ts'
import type { SignEd25519 } from '../../tlog/note-keys.ts'

export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Bytes
  readonly sign: SignEd25519
  /** Ends the session of a token. */
  readonly close?: () => void
}

/** Where the key of the log is. */
export interface KeyPlace {
  /** Its file in the keys folder. With a token it names the key there. */
  readonly path: string
  /** @returns undefined if there is no file. */
  publicKey(): Promise<Bytes | undefined>
  /** @returns undefined if there is no file. @throws what a token throws. */
  read(): Promise<SigningKey | undefined>
  make(): Promise<SigningKey>
}
