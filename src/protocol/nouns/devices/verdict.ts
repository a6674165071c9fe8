import { base64Url, closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema } from '../../ids.ts'
import { verdictReasonSchema, verdictSchema } from '../../messages/attestation-result.ts'
import { tierSchema } from '../../tier.ts'
import { devicePresenceSchema } from './devices.ts'

/** The answer to a server that asks whether a device may enter. */

/** An id, a host name, a serial number or an owner. */
export const deviceReferenceSchema = Type.String({ minLength: 1, maxLength: 256 })

export const REFERENCE_KINDS = ['id', 'host', 'serial', 'owner'] as const

const members = {
  /** True for `compliant` only, and only if `stops` does not forbid it. Let a device in if this is true and for no other reason. */
  ok: Type.Boolean(),
  device: deviceIdSchema,
  owner: text(256),
  /** What the question matched. `host` and `serial` are what the device says of itself. */
  matched: words(...REFERENCE_KINDS),
  verdict: verdictSchema,
  /** Of required checks, the first 20. */
  reasons: Type.Array(verdictReasonSchema, { maxItems: 20 }),
  tier: tierSchema,
  /** Absent for a retired device. */
  presence: Type.Optional(devicePresenceSchema),
  /** Stops of agents. The verdict says nothing of them: it is about what the device proves of itself. */
  stops: closed({
    /** In force, with this device in scope. Drills do not count. */
    standing: counter(),
    /** Those of `standing` whose newest order the device has answered with a receipt that says done. */
    answered: counter(),
    /** The policy keeps a device out that has not answered all of them. */
    required: Type.Boolean(),
  }),
  issuedAt: timeSchema,
  /** After this time the verdict says nothing. */
  validUntil: timeSchema,
}

/** The payload of the JWS. */
export const signedVerdictSchema = closed({ type: Type.Literal('verdict'), ...members })
export type SignedVerdict = Static<typeof signedVerdictSchema>

export const deviceVerdictSchema = closed({
  ...members,
  /** The same members, signed by the key of `GET /authority`. Compact. */
  jws: Type.String({ pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$', maxLength: 65_536 }),
})
export type DeviceVerdict = Static<typeof deviceVerdictSchema>

/** The key that signs verdicts, and the root key's statement that it may. */
export const verdictKeySchema = closed({
  /** PEM. */
  publicKey: text(1024),
  /** Compact JWS by the root key. */
  delegation: text(2048),
  /** SubjectPublicKeyInfo of the root key; `pins.root` is its SHA-256. */
  root: base64Url(512),
})
