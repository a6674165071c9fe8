import { faultOf } from '../../base/schema.ts'
import { timeInWords } from '../../protocol/noun/words.ts'
import { type TamperSign, tamperSignSchema } from '../../protocol/tamper.ts'
import { memberWords } from '../sightings/sighting-facts.ts'
import { tamperWords } from '../tamper-words.ts'
import type { Tone } from '../terminal.ts'

/** Events of the directory, for people. */

/** What a human may want to look at. */
export const TONES: Readonly<Partial<Record<string, Tone>>> = {
  forked: 'bad',
  'unknown-agent-appeared': 'bad',
  'agent-unknown': 'warning',
  'agent-deviated': 'bad',
  'agent-blocked': 'warning',
  'stop-event': 'warning',
  'approval-denied-at-once': 'warning',
  'approval-refused': 'warning',
  'approver-flagged': 'bad',
  'claim-dropped': 'warning',
  'claim-refused-at-once': 'warning',
  'stop-created': 'warning',
  'registration-suspended': 'warning',
  'registration-quarantined': 'warning',
  'registration-refused': 'warning',
  'stop-forgotten': 'bad',
  'directory-restored': 'bad',
  'console-certificate-failed': 'bad',
  'scim-guard-tripped': 'bad',
  'review-silence': 'warning',
  'review-failed': 'bad',
  'webhook-disabled': 'bad',
  'message-failed': 'bad',
  'evidence-not-taken-in': 'bad',
  'agent-autonomous': 'warning',
  'mcp-launch-changed': 'warning',
  'enrolment-pending': 'warning',
  're-enrolment-pending': 'warning',
  'enrolment-refused': 'warning',
  'attestation-refused': 'warning',
  'evidence-refused': 'warning',
  'evidence-quota-reached': 'warning',
  'not-appraised': 'warning',
  'tamper-sign': 'bad',
  'record-disputed': 'bad',
  'device-silent': 'bad',
  'action-denied': 'warning',
  'actions-dropped': 'warning',
  flooded: 'warning',
  gap: 'warning',
}

/** One line. Texts in it are foreign: whoever prints it makes them printable. */
export function factWords(facts: unknown): string {
  if (typeof facts !== 'object' || facts === null) return ''
  const sign = tamperSignOf(facts)
  if (sign !== undefined) return `${sign.kind}: ${tamperWords(sign)}; noticed ${timeInWords(sign.time)}`
  const { reasons, ...others } = facts as { readonly reasons?: unknown }
  // A device without remarks has an empty text for them.
  const rest = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== ''))
  return Array.isArray(reasons) ? [memberWords(rest), ...reasonWords(reasons)].join('; ') : memberWords(rest)
}

/** Its kind is `what` here, since `kind` is that of the event, and its names are one text. */
function tamperSignOf(facts: object): TamperSign | undefined {
  const { what, deviceTime, names, ...rest } = facts as Readonly<Record<string, unknown>>
  const sign = { kind: what, time: deviceTime, ...rest, ...(typeof names === 'string' ? { names: [names] } : {}) }
  return faultOf(tamperSignSchema, sign) === undefined ? (sign as TamperSign) : undefined
}

/** The checks that count, by state. What each found is in the JSON. */
function reasonWords(reasons: readonly unknown[]): readonly string[] {
  const counting = reasons.filter((reason): reason is { readonly check: unknown; readonly state: unknown } => {
    return typeof reason === 'object' && reason !== null && !('advisory' in reason && reason.advisory === true)
  })
  return [...Map.groupBy(counting, ({ state }) => String(state))].map(
    ([state, members]) => `${state}: ${members.map(({ check }) => String(check)).join(', ')}`,
  )
}
