import { applySightings } from '../../../src/directory/evidence/apply-sightings.ts'
import { matchSome } from '../../../src/directory/seen/rematching.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import type { RegistrationRequest, RegistrationView } from '../../../src/protocol/nouns/agents/registrations.ts'
import type { Decision } from '../../../src/protocol/nouns/directory/decisions.ts'
import type { HumanView } from '../../../src/protocol/nouns/people/people.ts'
import type { AskOptions, TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

/** Ada, her compliant laptop, and her registered agent, which the laptop reports. */

const ACCOUNT = { id: '1000', name: 'ada' }

export interface AccessWorld {
  readonly ada: string
  readonly bob: string
  readonly device: string
  readonly agent: string
  /** With the scope `decide`. */
  readonly token: string
}

let devices = 0

export async function seedLaptop(directory: TestDirectory, result: Partial<AttestationResult> = {}): Promise<string> {
  const { device } = await seedDevice(directory, testKey(`access ${devices++}`))
  const label = JSON.stringify({ hostname: `laptop-${devices}`, platform: 'linux', arch: 'x64' })
  directory.database.prepare('UPDATE devices SET label_json = ? WHERE id = ?').run(label, device)
  await directory.ask('POST', `/api/v1/devices/${device}/owner`, { body: { owner: 'ada@example.org' } })
  const now = directory.clock.now()
  await directory.store.results.put(device, {
    verdict: 'compliant',
    tier: 'software',
    reasons: [],
    proven: [],
    reported: [],
    appraisedAt: now,
    validUntil: now + 3_600_000,
    ...result,
  })
  directory.connected.add(device)
  return device
}

/** The device reports an agent of the account of Ada. */
export async function reportAgent(directory: TestDirectory, device: string, digit = 'a'): Promise<void> {
  const { store, clock } = directory
  const items = [agentSighting(digit, { user: ACCOUNT, catalogueId: 'claude-code' })]
  await store.transaction(() =>
    applySightings(store, device, { sightings: { mode: 'delta', items, gone: [] }, at: clock.now() }),
  )
  for (
    let turns = 0;
    await matchSome({ ...directory.services, store, clock, changes: { of: () => undefined } } as never);
    turns++
  ) {
    if (turns > 100) throw new Error('matching does not end')
  }
}

export async function addPerson(directory: TestDirectory, userName: string): Promise<string> {
  const body = { userName, email: userName }
  const { json } = await directory.ask('POST', '/api/v1/humans', { body })
  return (json as { human: HumanView }).human.id
}

export async function register(directory: TestDirectory, changes: Partial<RegistrationRequest>): Promise<string> {
  const body = {
    name: 'nightly',
    purpose: 'closes tickets',
    criteria: { products: ['claude-code'] },
    owner: 'ada@example.org',
    state: 'active',
    scope: { applications: ['crm'], dataSets: ['invoices'], tools: ['search'] },
    ...changes,
  }
  const { status, json } = await directory.ask('POST', '/api/v1/registrations', { body })
  if (status !== 201) throw new Error(`not registered: ${JSON.stringify(json)}`)
  return (json as RegistrationView).id
}

export async function seedAccess(directory: TestDirectory): Promise<AccessWorld> {
  const ada = await addPerson(directory, 'ada@example.org')
  const bob = await addPerson(directory, 'bob@example.org')
  const device = await seedLaptop(directory)
  const agent = await register(directory, {})
  await reportAgent(directory, device)
  const service = { kind: 'service', name: 'gateway', role: 'decide', ttlMs: 86_400_000 } as const
  const { token } = await directory.services.principals.add(service, 'adm_test')
  return { ada, bob, device, agent, token }
}

export interface Question {
  readonly subject?: unknown
  readonly action?: unknown
  readonly resource?: unknown
  readonly context?: unknown
}

/** What Ada's agent asks on her laptop. */
export function question({ device, agent }: AccessWorld, changes: Question = {}) {
  return {
    subject: { type: 'user', id: 'ada@example.org' },
    action: { name: 'read' },
    resource: { type: 'application', id: 'crm' },
    context: { agent, device },
    ...changes,
  }
}

export async function askDecision(directory: TestDirectory, token: string, body: object): Promise<Decision> {
  const { status, json, text } = await postAccess(directory, 'evaluation', { token, body })
  if (status !== 200) throw new Error(`${status}: ${text}`)
  return json as Decision
}

export function postAccess(directory: TestDirectory, path: string, options: AskOptions) {
  return directory.ask('POST', `/access/v1/${path}`, options)
}

export function rulesIn({ context: { reasons } }: Decision): readonly string[] {
  return reasons.map(({ rule }) => rule)
}
