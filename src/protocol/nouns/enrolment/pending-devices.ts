import { closed, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema, tokenIdSchema } from '../../ids.ts'
import { deviceLabelSchema } from '../../messages/frames.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { tierSchema } from '../../tier.ts'

/** New devices that wait for a human, in the administrators' API. A known device that asks again is a re-enrolment. */

export const PENDING_DEVICE_STATES = ['pending', 'accepted', 'refused'] as const

/**
 * Why a device waits. `token`, `setting`: new devices do. `unlisted`: it is not preregistered, or another device enrolled as it.
 * `used-before`: its token of many uses was used with the same serial number or TPM. `no-serial`: it has neither. `refused-before`: a
 * human refused its key or TPM.
 */
export const PENDING_REASONS = ['token', 'setting', 'unlisted', 'no-serial', 'used-before', 'refused-before'] as const
export type PendingReason = (typeof PENDING_REASONS)[number]

export const pendingDeviceSchema = closed({
  /** The id that the device has from now on. */
  id: deviceIdSchema,
  owner: text(256),
  token: tokenIdSchema,
  tier: tierSchema,
  /** What the device calls itself. Nothing proves it. */
  label: deviceLabelSchema,
  /** SHA-256 of the TPM's endorsement key, base64url. The TPM has proven it. */
  endorsementKey: Type.Optional(text(64)),
  why: words(...PENDING_REASONS),
  notes: Type.Array(text(500), { maxItems: 16 }),
  createdAt: timeSchema,
  status: words(...PENDING_DEVICE_STATES),
  decidedAt: Type.Optional(timeSchema),
  decidedBy: Type.Optional(text(256)),
  reason: Type.Optional(text(500)),
})
export type PendingDevice = Static<typeof pendingDeviceSchema>

export const pendingDevicePageSchema = pageOf(pendingDeviceSchema)
export const pendingDeviceReader = apiAnswer(pendingDeviceSchema, 'pending device')
export const pendingDevicePageReader = apiAnswer(pendingDevicePageSchema, 'list of pending devices')

export const PENDING_DEVICE_ACTS = ['device-accepted', 'device-refused'] as const
