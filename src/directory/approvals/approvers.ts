import { SuretyError } from '../../base/errors.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import type { ApprovalRequest } from '../../protocol/gate/action.ts'
import { mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import type { ApprovalRate } from '../../protocol/nouns/people/approvals.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Account, AccountStore } from '../humans/account-store.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import type { Registration, RegistrationStore } from '../registrations/registration-store.ts'
import { humanOf } from '../summary/waiting-for.ts'
import type { ApprovalAnswer, StoredApproval } from './approval-store.ts'

/** Who may decide about an action, by what the register says now, and how they answer. */

export interface PartiesStore {
  readonly accounts: Pick<AccountStore, 'of'>
  readonly devices: Pick<DeviceStore, 'get'>
  readonly humans: Pick<HumanStore, 'get' | 'named' | 'allNamed'>
  readonly registrations: Pick<RegistrationStore, 'get'>
}

type Approver = ApprovalRequest['approvers'][number]

/** Everyone whom an action concerns. */
export interface Parties {
  readonly registration: Registration | undefined
  /** Who answers for the agent. */
  readonly owner: Human | undefined
  /** That of the user who runs the agent. */
  readonly account: Account | undefined
  /** Whose account that is, confirmed or proposed. */
  readonly requester: Human | undefined
  /** Each of them has to approve. */
  readonly wanted: readonly Approver[]
}

/** An agent without an owner needs an approver instead: nobody answers for it. */
export async function partiesOf(
  store: PartiesStore,
  { device, user, request, registration: id }: Pick<StoredApproval, 'device' | 'user' | 'request' | 'registration'>,
): Promise<Parties> {
  const registration = id === undefined ? undefined : await store.registrations.get(id)
  const owner = registration?.owner === undefined ? undefined : await store.humans.get(registration.owner)
  const account = await store.accounts.of(device, user.id)
  const requester = account?.human === undefined ? undefined : await store.humans.get(account.human)
  const wanted = owner === undefined ? request.approvers.map((): Approver => 'approver') : request.approvers
  return { registration, owner, account, requester, wanted: [...new Set(wanted)] }
}

/** Two persons have to approve it: then no passkey counts of which its maker keeps copies. */
export function needsDeviceBound({ request: { approvers } }: Pick<StoredApproval, 'request'>): boolean {
  return new Set(approvers).size > 1
}

/**
 * As whom this principal may approve it.
 *
 * @throws `NOT_PERMITTED`, which says why.
 */
export async function roleOf(
  store: PartiesStore,
  stored: StoredApproval,
  {
    parties,
    answers,
    by,
  }: { readonly parties: Parties; readonly answers: readonly ApprovalAnswer[]; readonly by: Principal },
): Promise<Approver> {
  if (answers.some(({ by: { id } }) => id === by.id)) throw notPermitted('you have approved it: another person has to')
  const open = parties.wanted.filter((one) => !answers.some(({ as }) => as === one))
  const isOwner = await isHuman(store, by, parties.owner)
  if (open.includes('owner') && isOwner) return 'owner'
  if (!open.includes('approver')) throw notPermitted('the person who answers for this agent has to approve it')
  if (!mayDo(by.role, 'register')) throw notPermitted('operators and administrators approve it')
  if (isOwner || (await isNamed(store, by, parties.owner)))
    throw notPermitted('you answer for this agent: another person has to approve it')
  if (await isRequester(store, stored, { parties, by }))
    throw notPermitted('it is your own agent: another person has to approve it')
  return 'approver'
}

/** @throws `NOT_PERMITTED`. */
export async function requireDenier(store: PartiesStore, { owner }: Parties, by: Principal): Promise<void> {
  if (mayDo(by.role, 'register') || (await isHuman(store, by, owner))) return
  throw notPermitted('operators, administrators and the person who answers for this agent deny it')
}

/** @throws `NOT_PERMITTED`. */
export async function requireCanceller(
  store: PartiesStore,
  { owner, requester, account }: Parties,
  by: Principal,
): Promise<void> {
  const own = account?.state === 'confirmed' ? requester : undefined
  if (mayDo(by.role, 'register') || (await isHuman(store, by, owner)) || (await isHuman(store, by, own))) return
  throw notPermitted('operators, administrators and the people of this agent withdraw it')
}

/** Whether a person without a role may see it. */
export async function concerns(store: PartiesStore, { owner, requester }: Parties, by: Principal): Promise<boolean> {
  return (await isHuman(store, by, owner)) || (await isHuman(store, by, requester))
}

/** Surely this human. */
async function isHuman(store: PartiesStore, by: Principal, human: Human | undefined): Promise<boolean> {
  return human !== undefined && (await humanOf(store.humans, by))?.id === human.id
}

/** Perhaps this human: a name may be that of several. */
async function isNamed(store: PartiesStore, by: Principal, human: Human | undefined): Promise<boolean> {
  if (human === undefined) return false
  return by.id === human.id || (await store.humans.allNamed(by.name)).some(({ id }) => id === human.id)
}

/** Where nobody knows whose account it is, it counts as that of the owner of the device. */
async function isRequester(
  store: PartiesStore,
  { device }: StoredApproval,
  { parties: { requester }, by }: { readonly parties: Parties; readonly by: Principal },
): Promise<boolean> {
  if (requester !== undefined) return isNamed(store, by, requester)
  const owner = (await store.devices.get(device))?.owner
  if (owner === undefined) return false
  if (foldedName(owner) !== undefined && foldedName(owner) === foldedName(by.name)) return true
  const [mine, theirs] = [await store.humans.allNamed(by.name), await store.humans.allNamed(owner)]
  return theirs.some(({ id }) => id === by.id || mine.some((one) => one.id === id))
}

function notPermitted(message: string): SuretyError {
  return new SuretyError('NOT_PERMITTED', message)
}

export const WINDOW_MS = 30 * 86_400_000
export const ANSWERS_LOOKED_AT = 100
/** Whoever approves so much, so fast, does not look. */
const FLAGGED = { answers: 20, share: 0.95, medianMs: 2_000 }

export function rateOf(answers: readonly Pick<ApprovalAnswer, 'outcome' | 'tookMs'>[]): ApprovalRate {
  if (answers.length === 0) return { answers: 0, approved: 0, flagged: false }
  const approved = answers.filter(({ outcome }) => outcome === 'approved').length
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const medianMs = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  const flagged =
    answers.length >= FLAGGED.answers && approved / answers.length >= FLAGGED.share && medianMs < FLAGGED.medianMs
  return { answers: answers.length, approved, medianMs, flagged }
}

/** A person looks at one action after the other: from its arrival, or from their answer before. */
export function tookSince(arrivedAt: number, before: Pick<ApprovalAnswer, 'at'> | undefined, now: number): number {
  return Math.max(0, now - Math.max(arrivedAt, before?.at ?? 0))
}
