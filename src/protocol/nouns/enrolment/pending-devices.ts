import { closed, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, timeSchema, tokenIdSchema } from '../../ids.ts'
import { deviceLabelSchema } from '../../messages/frames.ts'
import { noun, verb } from '../../noun/noun.ts'
import { PERSON } from '../../noun/words.ts'
import { tierSchema } from '../../tier.ts'
import { decisionSchema } from './re-enrolments.ts'

/** New devices that wait for a human. A known device that asks again is a re-enrolment. */

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

export const PENDING_DEVICE_ACTS = ['device-accepted', 'device-refused'] as const

const WHY: Readonly<Record<PendingReason, string>> = {
  token: 'required by its token',
  setting: 'required by enrolment.pending',
  unlisted: 'not preregistered',
  'no-serial': 'no TPM and no serial number',
  'used-before': 'serial number or TPM used the token before',
  'refused-before': 'its key or TPM was REFUSED before',
}

const REASON = { flags: '--reason <text>', about: 'why; the list and the audit keep it', member: 'reason' } as const

/** Its commands are among those of devices: `devices pending`, `devices accept`, `devices refuse`. */
export const pendingDevices = noun({
  one: 'pending device',
  many: 'pending devices',
  command: 'devices',
  about: 'new devices that wait for a decision',
  id: deviceIdSchema,
  item: pendingDeviceSchema,
  called: 'its id, at least eight characters of its beginning, host name, serial number or owner',
  describe: ({ id, label, tier }) => `${id} (${label.hostname}, ${tier})`,
  completes: ({ id, label, owner }) => ({ word: id, about: `${label.hostname} of ${owner}` }),
  onlyUsual: 'pending device',
  list: {
    command: 'pending',
    operationId: 'listPendingDevices',
    action: 'audit',
    summary:
      'New devices that wait for a person, or did, by id; filtered by status or owner, or by id, host, serial, owner or token',
    filters: {
      status: {
        schema: words(...PENDING_DEVICE_STATES),
        usual: 'pending',
        options: [
          { flags: '--all', about: 'those already decided too', value: undefined },
          { flags: '--status <status>', about: `one of ${PENDING_DEVICE_STATES.join(', ')} (default: pending)` },
        ],
      },
      owner: {
        schema: legibleText(256),
        options: [{ flags: '--owner <person>', about: `those of this owner: ${PERSON}` }],
      },
    },
    sorts: ['host', 'owner', 'asked'],
    search: 'those whose host, owner or id begins with this',
    about: 'new devices that wait for a decision',
    examples: ['pending', 'pending --all --owner ada -o csv'],
    none: 'no device waits',
    columns: [
      { heading: 'HOST', of: ({ label }) => label.hostname },
      { heading: 'SERIAL', of: ({ label }) => label.serial },
      { heading: 'OWNER', of: ({ owner }) => owner },
      { heading: 'STATUS', of: ({ status }) => status },
      { heading: 'TIER', of: ({ tier }) => tier },
      { heading: 'ASKED', of: ({ createdAt }) => createdAt, as: 'time' },
      { heading: 'WHY', of: ({ why }) => why, shown: ({ why }) => WHY[why] },
      { heading: 'NOTES', of: ({ notes }) => (notes.length === 0 ? undefined : notes.join('; ')) },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'TOKEN', of: ({ token }) => token, wide: true },
      { heading: 'TPM', of: ({ endorsementKey }) => endorsementKey, wide: true },
      { heading: 'DECIDED', of: ({ decidedAt }) => decidedAt, as: 'time', wide: true },
      { heading: 'DECIDED BY', of: ({ decidedBy }) => decidedBy, wide: true },
      { heading: 'REASON', of: ({ reason }) => reason, wide: true },
    ],
  },
  verbs: {
    accept: verb({
      method: 'POST',
      ofItem: true,
      path: '/accept',
      operationId: 'acceptPendingDevice',
      action: 'operate',
      summary: 'Let the new device in, perhaps with another owner',
      body: Type.Union([
        closed({ reason: Type.Optional(legibleReason()), owner: Type.Optional(legibleText(256)) }),
        Type.Null(),
      ]),
      response: pendingDeviceSchema,
      command: {
        about: 'let a new device in that waits',
        options: [
          {
            flags: '--owner <name>',
            about: 'the person who answers for it, in place of the one that its token names',
            member: 'owner',
          },
          REASON,
        ],
        asks: 'Let in the device',
        examples: [
          'accept laptop-7 --reason "compared the serial number by telephone"',
          'accept dev_4fG2 --owner bob@example.org --yes',
        ],
      },
    }),
    refuse: verb({
      method: 'POST',
      ofItem: true,
      path: '/refuse',
      operationId: 'refusePendingDevice',
      action: 'operate',
      summary: 'Refuse the new device. Its key and TPM wait for a person whenever they come again',
      body: decisionSchema,
      response: pendingDeviceSchema,
      command: {
        about: 'refuse a new device that waits',
        options: [REASON],
        examples: ['refuse dev_4fG2 --reason "no laptop of ours"', 'refuse laptop-7'],
      },
    }),
  },
})
