import { applyEvidence } from '../../../src/directory/evidence/apply-evidence.ts'
import type { AgentClaim } from '../../../src/protocol/agent-claim.ts'
import { EVIDENCE_PROFILE, type Evidence } from '../../../src/protocol/messages/evidence.ts'
import type { AdministratorRole } from '../../../src/protocol/noun/permissions.ts'
import type { ClaimView } from '../../../src/protocol/nouns/people/claims.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

/** A device whose user ada claims an agent, and people who decide. */

export const ADA = { id: '1000', name: 'ada' }
export const BY = { id: 'adm_test', name: 'tester' }

export const agentOf = (user: AgentSighting['user'], changes: Partial<AgentSighting> = {}): AgentSighting => ({
  kind: 'agent',
  id: 'a'.repeat(32),
  name: 'Claude Code',
  catalogueId: 'claude-code',
  evidence: ['executable x'],
  state: 'running',
  agentKind: 'cli-agent',
  ...(user === undefined ? {} : { user }),
  ...changes,
})

export const claimOf = (changes: Partial<AgentClaim> = {}): AgentClaim => ({
  id: newTestId('clm'),
  sighting: 'a'.repeat(32),
  product: 'claude-code',
  user: ADA,
  purpose: 'refactors',
  time: 1_000,
  ...changes,
})

export async function seedClaimant(directory: TestDirectory, name = 'claims') {
  const { device } = await seedDevice(directory, testKey(`${name} ${directory.folder}`))
  await report(directory, device, { sightings: { mode: 'delta', items: [agentOf(ADA)], gone: [] } })
  return device
}

/** As evidence that was taken in. */
export async function report(directory: TestDirectory, device: string, content: Partial<Evidence>): Promise<void> {
  const evidence: Evidence = {
    eat_profile: EVIDENCE_PROFILE,
    sub: device,
    iat: 1,
    epoch: 1,
    sequence: 9,
    previous: 'A'.repeat(43),
    bootId: 'boot',
    uptimeMs: 1,
    ...content,
  }
  const { store, clock } = directory
  await store.transaction(() => applyEvidence(store, { device, evidence, at: clock.now() }))
}

export function claimApi(directory: TestDirectory) {
  const ask = (method: string, path: string, body?: object, token = directory.token) =>
    directory.ask(method, `/api/v1${path}`, { token, ...(body === undefined ? {} : { body }) })
  return {
    ask,
    accept: (id: string, body: object = {}, token?: string) => ask('POST', `/claims/${id}/accept`, body, token),
    refuse: (id: string, reason = 'no', token?: string) => ask('POST', `/claims/${id}/refuse`, { reason }, token),
    get: async (id: string) => (await ask('GET', `/claims/${id}`)).json as ClaimView,
    tokenOf: async (role: AdministratorRole, name: string = role) =>
      (await directory.services.principals.add({ kind: 'administrator', name, role, ttlMs: 86_400_000 }, 'adm_test'))
        .token,
    human: async (userName: string, manager?: string) =>
      (await directory.services.humans.add({ userName, ...(manager === undefined ? {} : { manager }) }, BY)).human,
    confirm: (device: string, human: string) =>
      directory.services.accounts.confirm({ device, user: ADA.id, human }, BY),
    kinds: async () =>
      (await directory.store.events.list({ limit: 500 })).flatMap(({ kind }) =>
        /claim|account/.test(kind) ? [kind] : [],
      ),
    registrations: async () => (await directory.store.registrations.list({ limit: 100 })).items,
  }
}

export const codeIn = ({ status, json }: { readonly status: number; readonly json: unknown }) =>
  `${status} ${(json as { code?: string }).code}`
