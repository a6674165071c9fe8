import { closed, counter, legibleReason, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, reEnrolmentIdSchema, timeSchema } from '../../ids.ts'
import { deviceLabelSchema } from '../../messages/frames.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { tierSchema } from '../../tier.ts'
import { retiredDeviceSchema } from '../devices/devices.ts'

/** Re-enrolments in the administrators' API. */

export const RE_ENROLMENT_STATES = ['pending', 'approved', 'denied'] as const

/** A known key or TPM that asks to enrol again: the same device in a new epoch, if a human approves. */
export const reEnrolmentSchema = closed({
  id: reEnrolmentIdSchema,
  device: deviceIdSchema,
  /** The epoch that begins with an approval. */
  epoch: counter(),
  owner: text(256),
  tier: tierSchema,
  /** What the device calls itself now. */
  label: deviceLabelSchema,
  /** How the device was recognised: by its TPM, or by its key alone. */
  knownBy: Type.Optional(words('tpm', 'key')),
  /** Present if the device is retired now, or was when it was decided. */
  retired: Type.Optional(retiredDeviceSchema),
  createdAt: timeSchema,
  status: words(...RE_ENROLMENT_STATES),
  decidedAt: Type.Optional(timeSchema),
  decidedBy: Type.Optional(text(256)),
  /** Why it was decided so. */
  reason: Type.Optional(text(500)),
})
export type ReEnrolment = Static<typeof reEnrolmentSchema>

/** No body is no reason. */
export const decisionSchema = Type.Union([closed({ reason: Type.Optional(legibleReason()) }), Type.Null()])

export const reEnrolmentPageSchema = pageOf(reEnrolmentSchema)

export const reEnrolmentReader = apiAnswer(reEnrolmentSchema, 're-enrolment')
export const reEnrolmentPageReader = apiAnswer(reEnrolmentPageSchema, 'list of re-enrolments')

export const RE_ENROLMENT_ACTS = ['re-enrolment-approved', 're-enrolment-denied'] as const
