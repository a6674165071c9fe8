import { base64UrlOf, closed, counter, type Static, Type, text } from '../../base/schema.ts'
import { timeSchema } from '../ids.ts'
import { pageOf } from './common.ts'

/** Stored evidence in the administrators' API. */

/** One stored batch. `GET /devices/{id}/evidence/{epoch}/{sequence}` has its bytes. */
export const evidenceEntrySchema = closed({
  epoch: counter(),
  sequence: counter(),
  hash: base64UrlOf(32),
  receivedAt: timeSchema,
  sizeBytes: counter(),
})
export type EvidenceEntry = Static<typeof evidenceEntrySchema>

/** The application key (RFC 7517). It verifies the device's evidence without this server. */
export const publicJwkSchema = closed({
  kty: Type.Literal('EC'),
  crv: Type.Literal('P-256'),
  x: base64UrlOf(32),
  y: base64UrlOf(32),
  alg: Type.Literal('ES256'),
  use: Type.Literal('sig'),
  kid: text(128),
})
export type PublicJwk = Static<typeof publicJwkSchema>

export const evidencePageSchema = pageOf(evidenceEntrySchema)
