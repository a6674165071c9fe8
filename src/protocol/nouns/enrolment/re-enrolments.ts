import { closed, counter, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, reEnrolmentIdSchema, timeSchema } from '../../ids.ts'
import { deviceLabelSchema } from '../../messages/frames.ts'
import { noun, verb } from '../../noun/noun.ts'
import { DEVICE, PERSON, timeInWords } from '../../noun/words.ts'
import { tierSchema } from '../../tier.ts'
import { retiredDeviceSchema } from '../devices/devices.ts'

/** Known machines that ask to enrol again. A human decides. */

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

export const RE_ENROLMENT_ACTS = ['re-enrolment-approved', 're-enrolment-denied'] as const

const REASON = { flags: '--reason <text>', about: 'why; the list and the audit keep it', member: 'reason' } as const

const settled = ({ id, device, status }: ReEnrolment) => [`re-enrolment ${id} on ${device} is ${status}`]

export const reEnrolments = noun({
  one: 're-enrolment',
  many: 're-enrolments',
  about: 'enrolments waiting for approval',
  id: reEnrolmentIdSchema,
  item: reEnrolmentSchema,
  called: `its id, at least eight characters of its beginning, or its device: ${DEVICE}`,
  describe: ({ id, device, label }) => `${id} (of ${device}, ${label.hostname})`,
  completes: ({ id, label, owner }) => ({ word: id, about: `${label.hostname} of ${owner}` }),
  onlyUsual: 'pending re-enrolment',
  list: {
    operationId: 'listReEnrolments',
    action: 'audit',
    summary: 'Re-enrolments by id, filtered by status or owner, or by id or device',
    filters: {
      status: {
        schema: words(...RE_ENROLMENT_STATES),
        usual: 'pending',
        options: [
          { flags: '--all', about: 'those already decided too', value: undefined },
          { flags: '--status <status>', about: `one of ${RE_ENROLMENT_STATES.join(', ')} (default: pending)` },
        ],
      },
      owner: {
        schema: legibleText(256),
        options: [{ flags: '--owner <person>', about: `those of this owner: ${PERSON}` }],
      },
    },
    sorts: ['host', 'owner', 'asked', 'device'],
    search: 'those whose host, owner or id begins with this',
    about: 'known machines that ask to enrol again',
    examples: ['list', 'list --all --owner ada -o csv'],
    none: 'no enrolment is waiting for approval',
    columns: [
      { heading: 'HOST', of: ({ label }) => label.hostname },
      { heading: 'OWNER', of: ({ owner }) => owner },
      { heading: 'STATUS', of: ({ status }) => status },
      { heading: 'ASKED', of: ({ createdAt }) => createdAt, as: 'ago' },
      { heading: 'WHY', of: whyWords },
      { heading: 'TIER', of: ({ tier }) => tier },
      { heading: 'DEVICE', of: ({ device }) => device },
      { heading: 'NEW EPOCH', of: ({ epoch }) => epoch, as: 'count' },
      { heading: 'DECIDED', of: ({ decidedAt }) => decidedAt, as: 'ago' },
      { heading: 'BY', of: ({ decidedBy }) => decidedBy },
      { heading: 'REASON', of: ({ reason }) => reason },
      { heading: 'ID', of: ({ id }) => id },
    ],
  },
  verbs: {
    approve: verb({
      method: 'POST',
      ofItem: true,
      path: '/approve',
      operationId: 'approveReEnrolment',
      action: 'operate',
      summary: 'Let the device enrol again: a new epoch begins',
      body: decisionSchema,
      response: reEnrolmentSchema,
      command: {
        about: 'let the machine enrol again',
        options: [REASON],
        examples: ['approve laptop-7 --reason "new disk, ticket 4711"', 'approve ren_4fG2'],
        says: settled,
      },
    }),
    deny: verb({
      method: 'POST',
      ofItem: true,
      path: '/deny',
      operationId: 'denyReEnrolment',
      action: 'operate',
      summary: 'Refuse the enrolment',
      body: decisionSchema,
      response: reEnrolmentSchema,
      command: {
        about: 'refuse the enrolment',
        options: [REASON],
        examples: ['deny laptop-7 --reason "no disk of ours"', 'deny ren_4fG2'],
        says: settled,
      },
    }),
  },
})

/** Why a human must say whether it may enrol, and what speaks against it. */
function whyWords({ knownBy, retired }: ReEnrolment): string {
  const known = knownBy === 'tpm' ? 'its TPM is known' : 'its key is known'
  if (retired === undefined) return known
  const by = retired.by === undefined ? '' : ` by ${retired.by}`
  return `${known}, RETIRED ${timeInWords(retired.at)}${by}: ${retired.reason}`
}
