import { memberWords } from '../../view/sighting-facts.ts'
import type { Tone } from '../../view/terminal.ts'

/** What a human may want to look at. */
export const TONES: Readonly<Partial<Record<string, Tone>>> = {
  forked: 'bad',
  'unknown-agent-appeared': 'bad',
  'evidence-not-taken-in': 'bad',
  'agent-autonomous': 'warning',
  'mcp-launch-changed': 'warning',
  're-enrolment-pending': 'warning',
  'enrolment-refused': 'warning',
  'attestation-refused': 'warning',
  'evidence-refused': 'warning',
  'evidence-quota-reached': 'warning',
  'not-appraised': 'warning',
  flooded: 'warning',
  gap: 'warning',
}

export function factWords(facts: unknown): string {
  return typeof facts === 'object' && facts !== null ? memberWords(facts) : ''
}
