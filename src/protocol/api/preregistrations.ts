import { closed, counter, legibleText, type Static, Type, text, words } from '../../base/schema.ts'
import { deviceIdSchema, preregistrationIdSchema, timeSchema } from '../ids.ts'

/** Devices that may enrol with a token for preregistered devices, each once, and who answers for them. */

/**
 * `endorsement-key`: SHA-256 of the SubjectPublicKeyInfo of the TPM's endorsement key, which the TPM proves. A device only says its
 * serial number and host name.
 */
export const PREREGISTRATION_KINDS = ['endorsement-key', 'serial', 'host', 'serial-or-host'] as const
export type PreregistrationKind = (typeof PREREGISTRATION_KINDS)[number]

export const MAX_PREREGISTRATIONS = 10_000

export const preregistrationRequestSchema = closed({
  items: Type.Array(
    closed({
      kind: words(...PREREGISTRATION_KINDS),
      /** In any case. An endorsement key: 64 hexadecimal digits, or base64url. */
      name: legibleText(256),
      owner: legibleText(256),
    }),
    { minItems: 1, maxItems: MAX_PREREGISTRATIONS },
  ),
})
export type PreregistrationRequest = Static<typeof preregistrationRequestSchema>
export type PreregistrationInit = PreregistrationRequest['items'][number]

/** `changed`: they had another owner. */
export const preregisteredSchema = closed({ added: counter(), changed: counter(), unchanged: counter() })

export const preregistrationSchema = closed({
  id: preregistrationIdSchema,
  kind: words(...PREREGISTRATION_KINDS),
  name: text(256),
  owner: text(256),
  addedAt: timeSchema,
  addedBy: text(256),
  /** The device that enrolled with it. No other one can. */
  device: Type.Optional(deviceIdSchema),
  enrolledAt: Type.Optional(timeSchema),
})
export type Preregistration = Static<typeof preregistrationSchema>

export const PREREGISTRATION_ACTS = ['devices-preregistered', 'preregistration-removed'] as const
