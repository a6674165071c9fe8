import { base64Url, base64UrlOf, closed, counter, reader, type Static, Type, text } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema } from '../../ids.ts'
import { pageOf } from '../../noun/answers.ts'

/**
 * Stored evidence in the administrators' API, and its export: all evidence of a device in one file, which `surety verify` reads without
 * the directory. docs/audit.md describes the file.
 */

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

/** Evidence of one epoch in an export, all signed by one application key. */
export const exportedEpochSchema = closed({
  epoch: counter(),
  /** Application key: SubjectPublicKeyInfo, DER, base64url. */
  key: base64Url(512),
  batches: Type.Integer({ minimum: 0, maximum: 10_000_000 }),
  /** Highest sequence of a stored batch. 0 if there is none. */
  lastSequence: counter(),
})
export type ExportedEpoch = Static<typeof exportedEpochSchema>

/** What the directory signs about an export, with its acknowledgement key. */
export const exportManifestSchema = closed({
  type: Type.Literal('evidence-export'),
  version: Type.Literal(1),
  device: deviceIdSchema,
  /** By the directory's clock. */
  time: timeSchema,
  /** Root key: SubjectPublicKeyInfo, DER, base64url. */
  root: base64Url(512),
  /** Two machines used the device's key, or one was set back. */
  forked: Type.Boolean(),
  epochs: Type.Array(exportedEpochSchema, { maxItems: 1000 }),
})
export type ExportManifest = Static<typeof exportManifestSchema>

export const MAX_MANIFEST_BYTES = 512 * 1024

export const exportManifestReader = reader(exportManifestSchema, {
  name: 'manifest of an export',
  code: 'FRAME_MALFORMED',
  limits: { maxBytes: MAX_MANIFEST_BYTES, maxDepth: 4 },
})

const compactJws = Type.String({ description: 'compact JWS (RFC 7515)' })

/** Manifest, and the delegations that prove the key which signed it. */
export const exportHeadSchema = closed({
  manifest: compactJws,
  delegations: Type.Array(compactJws, { maxItems: 16 }),
})

/** Batches as the device signed them, oldest first. */
export const exportedBatchPageSchema = pageOf(closed({ epoch: counter(), sequence: counter(), jws: compactJws }))
