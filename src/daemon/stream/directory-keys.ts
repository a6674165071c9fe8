import type { KeyObject } from 'node:crypto'
import { fromBase64Url, toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { readDelegations } from '../../crypto/delegation.ts'
import { sha256 } from '../../crypto/hash.ts'
import { importP256, splitJws, verifyJws } from '../../crypto/jws.ts'
import type { Delegation } from '../../protocol/messages/delegation.ts'
import { type Challenge, challengeReader, OFFERED, type OfferedKind } from '../../protocol/messages/frames.ts'
import type { JwsKind } from '../../protocol/messages/jws-types.ts'
import { type DirectoryTime, type DirectoryTimeComponents, directoryTimeFrom } from '../clock/directory-time.ts'

/** The keys that may sign for the directory, and its time. Both come from a challenge. */
export interface DirectoryKeys extends DirectoryTime {
  /** @returns the JSON of the payload. @throws `SIGNATURE_INVALID`, `SIGNATURE_HEADER_REFUSED`, `FRAME_MALFORMED`. */
  verify(kind: SignedKind, compact: string): string
}

export interface DirectoryKeysComponents extends DirectoryTimeComponents {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  /** A challenge was verified: this is the directory's time. */
  readonly onTime?: (signedTime: number) => void
}

type SignedKind = Extract<
  JwsKind,
  'challenge' | 'credential' | 'welcome' | 'ack' | 'result' | 'order' | OfferedKind | 'checkpoint'
>

interface DelegatedKey {
  readonly delegation: Delegation
  readonly key: KeyObject
}

/** How far the device's clock may be behind before an ended delegation would pass as current. */
const CLOCK_TOLERANCE_MS = 24 * 3_600_000

/**
 * Verifies a challenge: the root key has the pinned hash and signed the delegations. One of them is for the key that signed the
 * challenge, and is valid at the challenge's time.
 *
 * @throws `PIN_MISMATCH`, `DELEGATION_REFUSED`, `SIGNATURE_INVALID`, `FRAME_MALFORMED`.
 */
export function readChallenge(
  components: DirectoryKeysComponents,
  frame: string,
  pins: { readonly root: string },
): { readonly challenge: Challenge; readonly keys: DirectoryKeys } {
  // The payload names the keys to verify it with. Nothing else of it is used before the signature is verified.
  const jws = splitJws('challenge', frame)
  const challenge = challengeReader.readCanonicalJson(jws.payload)
  const root = fromBase64Url(challenge.root)
  if (root === undefined || toBase64Url(sha256(root)) !== pins.root) {
    throw new SuretyError('PIN_MISMATCH', 'the root key of the directory is not the pinned key')
  }
  const rootKey = importP256(root)
  const read = (purpose: Delegation['purpose']) =>
    readDelegations(challenge.delegations, { rootKey, purpose, now: challenge.time }).filter(
      // The thief of a key whose delegation has ended could put any time into a challenge.
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
  delegated: { readonly acknowledgements: readonly DelegatedKey[]; readonly orders: readonly DelegatedKey[] },
  challenge: Challenge,
): DirectoryKeys {
  const directoryTime = directoryTimeFrom(components, challenge.time)
  return {
    ...directoryTime,
    verify(kind, compact) {
      const jws = splitJws(kind, compact)
      // Orders and what results offer change what the device does, so that they need the order key.
      const purpose = kind === 'order' || kind in OFFERED ? 'orders' : 'acknowledgements'
      const current = delegated[purpose].filter(({ delegation }) => directoryTime.time() < delegation.notAfter)
      if (current.length === 0) {
        throw new SuretyError('DELEGATION_REFUSED', `no delegation for ${purpose} is valid at the directory's time`)
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
