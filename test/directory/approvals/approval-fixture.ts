import type { PublicKeyCredentialRequestOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { canonicalJson } from '../../../src/base/text/canonical-json.ts'
import { splitJws } from '../../../src/crypto/jws.ts'
import { bringUpToDate } from '../../../src/directory/seen/take-in.ts'
import type { Action, ApprovalRequest } from '../../../src/protocol/gate/action.ts'
import { orderReader } from '../../../src/protocol/messages/order.ts'
import type { AdministratorRole, Principal } from '../../../src/protocol/noun/permissions.ts'
import type { RecordEntry } from '../../../src/protocol/nouns/directory/record.ts'
import { softwarePasskey } from '../../support/browser/software-passkey.ts'
import { newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { sampleAction } from '../../support/protocol/approval-samples.ts'
import { ADA, BY, claimApi, report, seedClaimant } from '../claims/claim-fixture.ts'

/** A device whose user ada has an agent that waits, the person who answers for it, and approvers with passkeys. */

export const ORIGIN = 'https://console.example.org'
/** Of authenticator data: the person is present, and it can be copied. */
export const FLAGS = { present: 0x01, verified: 0x04, copyable: 0x08 }

export type Decider = Awaited<ReturnType<typeof deciderFor>>

export function requestOf(
  now: number,
  { action = {}, ...changes }: Partial<Omit<ApprovalRequest, 'action'>> & { readonly action?: Partial<Action> } = {},
): ApprovalRequest {
  return {
    id: newTestId('apr'),
    nonce: newTestId('apr').slice(4),
    time: now,
    until: now + 120_000,
    approvers: ['owner'],
    reasons: [{ rule: 'force-push', reason: 'it replaces commits of others' }],
    agent: 'a'.repeat(32),
    ...changes,
    action: canonicalJson({ ...sampleAction, ...action }),
  }
}

/** Somebody who has a passkey. */
export async function deciderFor(directory: TestDirectory, principal: Principal, origin = ORIGIN) {
  const { passkeys } = directory.services.signIn
  const key = softwarePasskey(origin)
  const response = key.create(await passkeys.addOptions(principal)) as unknown as RegistrationResponseJSON
  await passkeys.add(principal, { response })
  return { principal, key }
}

export async function approvalWorld(directory: TestDirectory, name = 'approvals') {
  const { services, store, clock } = directory
  const { approvals } = services
  services.signIn.setOrigin(ORIGIN)
  const api = claimApi(directory)
  const device = await seedClaimant(directory, name)
  directory.connected.add(device)
  const member = ({ id, userName }: { id: string; userName: string }): Principal => ({
    id,
    kind: 'person',
    name: userName,
    role: 'member',
  })
  const administrator = async (role: AdministratorRole, of: string): Promise<Principal> => {
    const { principal } = await services.principals.add(
      { kind: 'administrator', name: of, role, ttlMs: 86_400_000 },
      'adm_test',
    )
    return { id: principal.id, kind: 'administrator', name: of, role }
  }
  const register = async (owner: string, changes: object = {}) => {
    const made = await services.registrations.create(
      {
        name: 'Refactorer',
        purpose: 'refactors',
        criteria: { products: ['claude-code'], device },
        owner,
        state: 'active',
        ...changes,
      },
      { person: BY },
    )
    await bringUpToDate(store, { device, item: 'claude-code', userId: ADA.id }, clock.now())
    return made
  }
  const asked = async (changes: Parameters<typeof requestOf>[1] = {}) => {
    const request = requestOf(clock.now(), changes)
    await report(directory, device, { approvalRequests: [request] })
    return request
  }
  const shown = ({ key }: Pick<Decider, 'key'>, options: PublicKeyCredentialRequestOptionsJSON, flags?: number) =>
    key.show(options, flags) as never
  return {
    api,
    device,
    member,
    administrator,
    register,
    asked,
    shown,
    /** With what the passkey signs for it. */
    approve: async (id: string, by: Decider, { flags, scope = 'once', until }: ApproveInit = {}) => {
      const grant = { scope, ...(until === undefined ? {} : { until }) }
      const options = await approvals.options(id, grant, by.principal)
      return approvals.approve(id, { ...grant, response: shown(by, options, flags) }, by.principal)
    },
    state: async (id: string) => (await store.approvals.get(id, clock.now()))?.state,
    /** Decisions in the orders that the device got. */
    decisions: () =>
      directory.delivered.flatMap((sent) => {
        const [to, compact = ''] = sent.split(' ')
        const { approval } = orderReader.readCanonicalJson(splitJws('order', compact).payload)
        return approval === undefined || to !== device ? [] : [approval]
      }),
    /** Bytes of entries of this act, oldest first. */
    entries: (act: string) =>
      directory.database
        .prepare('SELECT bytes FROM record_entries WHERE act = ? ORDER BY number')
        .all(act)
        .map(({ bytes }) => Buffer.from(bytes as Uint8Array)),
    entry: (bytes: Buffer) => JSON.parse(bytes.toString()) as RecordEntry,
    ADA,
  }
}

interface ApproveInit {
  readonly flags?: number
  readonly scope?: 'once' | 'session'
  readonly until?: number
}
