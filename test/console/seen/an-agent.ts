import type { RegistrationView } from '../../../src/protocol/nouns/agents/registrations.ts'
import type { SeenAgentView } from '../../../src/protocol/nouns/agents/seen-agents.ts'

/** An agent that runs on the account of a person, and a registration that names nothing. */

export const NOW = new Date('2026-12-02T10:00:00').getTime()
export const ADA = 'hum_AAAAAAAAAAAAAAAAAAAAAA'

export const AGENT: SeenAgentView = {
  id: 'sga_AAAAAAAAAAAAAAAAAAAAAA',
  state: 'unknown',
  name: 'deskbot',
  product: 'unknown/deskbot',
  device: 'dev_AAAAAAAAAAAAAAAAAAAAAA',
  hostname: 'laptop-7',
  deviceOwner: 'ada@example.org',
  user: { id: '1000', name: 'ada' },
  human: { id: ADA, name: 'Ada Lind', confirmed: true },
  proposedOwner: { id: ADA, name: 'Ada Lind' },
  sighting: '0'.repeat(32),
  present: 1,
  running: 1,
  frozen: 0,
  autonomous: 1,
  autonomy: 'autonomous',
  workspace: '/home/ada/mail',
  prevalence: { devices: 1, ofDevices: 12, rarity: 'only-here' },
  firstSeenAt: NOW,
  lastSeenAt: NOW,
  evidence: [],
  drift: { launches: [] },
  deviations: [],
}

export const REGISTRATION: RegistrationView = {
  id: 'agt_AAAAAAAAAAAAAAAAAAAAAA',
  name: 'mail',
  state: 'active',
  stateAt: NOW,
  criteria: {},
  purpose: 'sorts mail',
  scope: { applications: [], dataSets: [], tools: [] },
  single: false,
  creator: { person: { id: 'adm_1', name: 'bob' }, at: NOW },
  spiffeId: 'spiffe://surety.internal/agent/agt_AAAAAAAAAAAAAAAAAAAAAA',
  version: 1,
  createdAt: NOW,
  changedAt: NOW,
}
