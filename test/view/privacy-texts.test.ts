import { type Evidence, evidenceSchema } from '../../src/protocol/messages/evidence.ts'
import { SIGHTING_KINDS, type SightingKind } from '../../src/protocol/sighting.ts'
import { LANGUAGES } from '../../src/view/checks/check-catalogue.ts'
import { PRIVACY_TEXTS } from '../../src/view/privacy-texts.ts'

/** Which line of `surety privacy` says that this member leaves the device. */
const SAID_BY = {
  findings: 'Checks',
  inventory: 'Machine',
  sightings: 'AI agents',
  sources: 'Sources',
  agentClaims: 'Claims',
  approvalRequests: 'Approvals',
  actions: 'Actions',
  actionsDropped: 'Actions',
  receipts: 'Stops',
  stopEvents: 'Stops',
  tamperSigns: 'Surety itself',
  logFaults: 'Surety itself',
  health: 'Surety itself',
  gap: 'Surety itself',
  bootId: 'Surety itself',
  uptimeMs: 'Surety itself',
  // What evidence is made of: who signs, and in which order.
  eat_profile: '',
  sub: '',
  iat: '',
  epoch: '',
  sequence: '',
  previous: '',
} as const satisfies Readonly<Record<keyof Evidence, string>>

const SIGHTINGS_SAID_BY = {
  agent: 'AI agents',
  extension: 'Extensions',
  'mcp-server': 'MCP servers',
  'model-runtime': 'Model runtimes',
  'agent-file': 'Agent files',
} as const satisfies Readonly<Record<SightingKind, string>>

test('says all that evidence may hold', () => {
  const lines = new Set(PRIVACY_TEXTS.en.collected.map(([source]) => source))
  expect(Object.keys(SAID_BY).toSorted()).toEqual(Object.keys(evidenceSchema.properties).toSorted())
  expect(Object.keys(SIGHTINGS_SAID_BY).toSorted()).toEqual(SIGHTING_KINDS.toSorted())
  for (const line of [...Object.values(SAID_BY), ...Object.values(SIGHTINGS_SAID_BY)]) {
    expect(line === '' || lines.has(line)).toBe(true)
  }
})

test('says the same in each language', () => {
  const counts = LANGUAGES.map((language) => {
    const { collected, never, seenBy, kept } = PRIVACY_TEXTS[language]
    return [collected.length, never.length, seenBy.length, kept.length]
  })
  expect(new Set(counts.map(String)).size).toBe(1)
})
