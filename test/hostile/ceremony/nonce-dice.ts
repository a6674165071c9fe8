import { randomBytes } from 'node:crypto'

/** A directory's dice that a test may load, so that what a TPM said for one challenge answers the next one too. */
export interface NonceDice {
  readonly random: (bytes: number) => Uint8Array<ArrayBuffer>
  /** The next 32 bytes are this nonce. */
  load(): void
  unload(): void
  /** The newest 32 bytes that were not loaded: in a ceremony the secret of the credential. */
  readonly last: Uint8Array
}

export function nonceDice(nonce: Uint8Array): NonceDice {
  let loaded = false
  let last = new Uint8Array()
  return {
    random(bytes) {
      if (loaded && bytes === nonce.length) {
        loaded = false
        return Uint8Array.from(nonce)
      }
      const drawn = new Uint8Array(randomBytes(bytes))
      if (bytes === 32) last = drawn
      return drawn
    },
    load() {
      loaded = true
    },
    unload() {
      loaded = false
    },
    get last() {
      return last
    },
  }
}
