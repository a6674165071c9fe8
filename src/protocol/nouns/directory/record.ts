import { closed, type Static, Type, text, words } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'

/** The record: what was done and which verdicts changed, as leaves of a transparency log. docs/record.md describes the format. */

/** An entry bundle counts the bytes of an entry in 16 bits. */
export const RECORD_ENTRY_BYTES = 65_535

/** A personal text: nonce, ciphertext and tag of AES-256-GCM in base64url, and the id of the person's key. */
const sealedTextSchema = closed({ sealed: Type.String({ maxLength: 8192 }), key: text(64) })
export type SealedText = Static<typeof sealedTextSchema>

const valuesSchema = Type.Record(Type.String(), Type.Unknown())

export const ACTOR_KINDS = ['administrator', 'service', 'person', 'device', 'directory'] as const

/** One entry. Its bytes are the canonical JSON (RFC 8785) of this. */
export const recordEntrySchema = closed({
  v: Type.Literal(1),
  time: timeSchema,
  /** Where it was entered later than it happened. */
  entered: Type.Optional(timeSchema),
  /** One of `EVENT_KINDS`, or a kind of a later release. */
  act: text(64),
  actor: closed({
    id: text(256),
    kind: words(...ACTOR_KINDS),
    name: Type.Optional(sealedTextSchema),
  }),
  /** Absent: the directory did it. */
  from: Type.Optional(
    closed({
      address: sealedTextSchema,
      /** Id of a session of the console. */
      session: Type.Optional(text(64)),
      /** Id of the principal whose token it was. */
      token: Type.Optional(text(64)),
    }),
  ),
  /** Who asked the actor for it. */
  onBehalfOf: Type.Optional(text(256)),
  subject: Type.Optional(text(256)),
  device: Type.Optional(text(64)),
  agent: Type.Optional(text(256)),
  /** Version of the policy that decided. */
  policy: Type.Optional(Type.Integer({ minimum: 0 })),
  before: Type.Optional(valuesSchema),
  after: Type.Optional(valuesSchema),
  details: valuesSchema,
})
export type RecordEntry = Static<typeof recordEntrySchema>
