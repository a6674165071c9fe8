import type { Offer } from '../../protocol/messages/frames.ts'

/** A document that devices use instead of their built-in one, once they have asked for it. */
export interface OfferedDocument {
  /** What every result frame offers. Undefined if there is none. */
  offer(): Offer | undefined
  /** The signed document with this hash. Undefined if it is not offered: a device may ask for the one before. */
  compact(hash: string): string | undefined
}

/** @param compactOf signs. Its answer is kept in memory only: the delegation of the order key changes now and then. */
export function offeredDocument<D extends Offer>(
  current: () => D | undefined,
  compactOf: (document: D) => string,
): OfferedDocument {
  let signed: { readonly hash: string; readonly compact: string } | undefined
  return {
    offer() {
      const document = current()
      return document && { version: document.version, hash: document.hash }
    },
    compact(hash) {
      const document = current()
      if (document?.hash !== hash) return undefined
      signed = signed?.hash === hash ? signed : { hash, compact: compactOf(document) }
      return signed.compact
    },
  }
}
