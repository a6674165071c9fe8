import type { KeyObject } from 'node:crypto'
import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { readDelegations } from '../../crypto/delegation.ts'
import { sha256 } from '../../crypto/hash.ts'
import { importP256, splitJws, verifyJws } from '../../crypto/jws.ts'
import type { Delegation } from '../../protocol/delegation.ts'
import { type Challenge, challengeReader } from '../../protocol/frames.ts'
import type { JwsKind } from '../../protocol/jws-types.ts'
import { type DirectoryTime, type DirectoryTimeComponents, directoryTimeFrom } from '../clock/directory-time.ts'

/** The directory's word: which keys may speak for it, and what time it says it is. Both come from a challenge. */
export interface DirectoryKeys extends DirectoryTime {
  /** @returns the payload's JSON. @throws `SIGNATURE_INVALID`, `SIGNATURE_HEADER_REFUSED`, `FRAME_MALFORMED`. */
  verify(kind: SignedKind, compact: string): string
}

export interface DirectoryKeysComponents extends DirectoryTimeComponents {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** A challenge was believed: this is the directory's time. */
  readonly onTime?: (signedTime: number) => void
}

type SignedKind = Extract<JwsKind, 'challenge' | 'credential' | 'welcome' | 'ack' | 'result' | 'order' | 'catalogue'>

interface Delegated {
  readonly delegation: Delegation
  readonly key: KeyObject
}

/** How wrong the device's own clock may be before it lets a delegation that has ended pass as current. */
const CLOCK_TOLERANCE_MS = 24 * 3_600_000

/**
 * Believes a challenge: the root key has the pinned hash and signed the delegations, one of which is for the key that
 * signed the challenge and holds at the challenge's time.
 *
 * @throws `PIN_MISMATCH`, `DELEGATION_REFUSED`, `SIGNATURE_INVALID`, `FRAME_MALFORMED`.
 */
export function readChallenge(
  components: DirectoryKeysComponents,
  frame: string,
  pins: { readonly root: string },
): { readonly challenge: Challenge; readonly keys: DirectoryKeys } {
  // Its own payload says by what to verify it: nothing of it counts until the signature held.
  const jws = splitJws('challenge', frame)
  const challenge = challengeReader.readCanonicalJson(jws.payload)
  const root = fromBase64Url(challenge.root)
  if (root === undefined || toBase64Url(sha256(root)) !== pins.root) {
    throw new SuretyError('PIN_MISMATCH', 'the root key of the directory is not the pinned one')
  }
  const rootKey = importP256(root)
  const read = (purpose: Delegation['purpose']) =>
    readDelegations(challenge.delegations, { rootKey, purpose, now: challenge.time }).filter(
      // A stolen key whose delegation has ended could name a time of its own choosing.
      ({ delegation }) => components.clock.now() - CLOCK_TOLERANCE_MS < delegation.notAfter,
    )
  const keys = directoryKeys(
    components,
    { acknowledgements: read('acknowledgements'), orders: read('orders') },
    challenge,
  )
  keys.verify('challenge', frame)
  components.onTime?.(challenge.time)
  return { challenge, keys }
}

function directoryKeys(
  components: DirectoryKeysComponents,
  delegated: { readonly acknowledgements: readonly Delegated[]; readonly orders: readonly Delegated[] },
  challenge: Challenge,
): DirectoryKeys {
  const directoryTime = directoryTimeFrom(components, challenge.time)
  return {
    ...directoryTime,
    verify(kind, compact) {
      const jws = splitJws(kind, compact)
      // Both change what the device does.
      const purpose = kind === 'order' || kind === 'catalogue' ? 'orders' : 'acknowledgements'
      const current = delegated[purpose].filter(({ delegation }) => directoryTime.time() < delegation.notAfter)
      if (current.length === 0) {
        throw new SuretyError('DELEGATION_REFUSED', `no delegation for ${purpose} holds at the directory's time`)
      }
      for (const { key } of current) {
        try {
          return verifyJws(jws, key)
        } catch (error) {
          if (codeOf(error) !== 'SIGNATURE_INVALID') throw error
        }
      }
      throw new SuretyError('SIGNATURE_INVALID', `${kind} is not signed by a key delegated for ${purpose}`)
    },
  }
}
