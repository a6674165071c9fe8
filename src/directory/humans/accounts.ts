import { SuretyError } from '../../base/errors.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { AccountRequest } from '../../protocol/nouns/people/people.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { ActComponents } from '../audit/act-components.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { Account, AccountStore } from './account-store.ts'
import type { HumanStore } from './human-store.ts'
import { activeHuman } from './humans.ts'

/** Accounts of a device that the directory keeps. A container host may make thousands of users. */
const MAX_ACCOUNTS = 200
/** Below are accounts of the system. */
const FIRST_UID = { linux: 1000, darwin: 501 } as const
/** `nobody`, and from here on ids without a user. */
const NOBODY = 65_534
const LAST_UID = 4_294_967_294
/** A user of a domain or of the machine, with the last part from 1000 on, or a user of Entra ID. */
const USER_SID = /^S-1-5-21-\d+-\d+-\d+-[1-9]\d{3,}$|^S-1-12-1-\d+-\d+-\d+-\d+$/

/** Whether the user of this id is a person's account and not one of the system. */
export function isOrdinaryUser(id: string, platform: string): boolean {
  if (!/^\d{1,10}$/.test(id)) return USER_SID.test(id)
  const uid = Number(id)
  return uid >= (platform === 'darwin' ? FIRST_UID.darwin : FIRST_UID.linux) && uid !== NOBODY && uid < LAST_UID
}

export interface AccountSightingStore {
  readonly accounts: Pick<AccountStore, 'of' | 'seen' | 'list'>
  readonly humans: Pick<HumanStore, 'named'>
  readonly devices: Pick<DeviceStore, 'get'>
  readonly activity: ActivityStore
}

/** An agent of this user was seen on the device. The human whom the owner of the device names is proposed. Inside the caller's transaction. */
export async function accountSeen(
  store: AccountSightingStore,
  device: string,
  { user, at }: { readonly user: { readonly id: string; readonly name: string }; readonly at: number },
): Promise<void> {
  const known = await store.accounts.of(device, user.id)
  // The owner of the device and the names of humans change proposals themselves.
  if (known?.userName === user.name) return
  const stored = await store.devices.get(device)
  if (stored === undefined || !isOrdinaryUser(user.id, stored.label.platform)) return
  if (
    known === undefined &&
    (await store.accounts.list({ device, limit: MAX_ACCOUNTS })).items.length >= MAX_ACCOUNTS
  ) {
    await recordBounded(store, {
      at,
      kind: 'accounts-not-kept',
      device,
      detail: { user: user.name, most: MAX_ACCOUNTS },
    })
    return
  }
  await store.accounts.seen(device, user, { at, ...(await proposalOf(store.humans, stored.owner)) })
}

/** Whom the text of an owner names, and the key by which a human who comes later is found. */
async function proposalOf(humans: Pick<HumanStore, 'named'>, owner: string) {
  const human = await humans.named(owner)
  return { ownerKey: foldedName(owner), human: human?.status === 'active' ? human.id : undefined }
}

export type AccountsComponents = ActComponents<{
  readonly accounts: AccountStore
  readonly humans: Pick<HumanStore, 'allNamed' | 'named' | 'get'>
  readonly devices: Pick<DeviceStore, 'get'>
}>

/** What administrators do with accounts on devices. Each method is one transaction. */
export interface Accounts {
  /**
   * Confirms whose account it is: from now on agents of the account are agents of the human.
   *
   * @throws `DEVICE_UNKNOWN`; `NOT_FOUND` for the account or the human; `CONFLICT` if no human is proposed or named, the human is
   * deactivated, or the account is confirmed for another human.
   */
  confirm(request: AccountRequest, by: Person): Promise<Account>
  /** Confirms proposed accounts. @returns how many, and whether more are proposed. */
  confirmProposed(
    device: string | undefined,
    by: Person,
  ): Promise<{ readonly confirmed: number; readonly more: boolean }>
  /** The account belongs to no human again. The record stays. @throws `NOT_FOUND`; `CONFLICT` for one that is not confirmed. */
  release(
    account: { readonly device: string; readonly user: string; readonly reason: string },
    by: Person,
  ): Promise<Account>
}

const CONFIRMED_AT_ONCE = 200

export function accounts({ store, clock }: AccountsComponents): Accounts {
  const find = async (device: string, user: string): Promise<Account> => {
    if ((await store.devices.get(device)) === undefined) throw unknownDevice(device)
    const byId = await store.accounts.of(device, user)
    if (byId !== undefined) return byId
    const named = (await store.accounts.list({ device, limit: MAX_ACCOUNTS })).items.filter(
      ({ userName }) => userName === user,
    )
    const [only, ...others] = named
    if (only !== undefined && others.length === 0) return only
    const message =
      only === undefined
        ? `no agent of a user ${JSON.stringify(user)} was seen on ${device}, or it is an account of the system`
        : `several users of ${device} have the name ${JSON.stringify(user)}: give the id of one`
    throw new SuretyError('NOT_FOUND', message)
  }
  const confirmOne = async (account: Account, human: string, by: Person): Promise<Account> => {
    const at = clock.now()
    const confirmed = await store.accounts.confirm(account, { human, at, by: by.id })
    if (account.state === 'confirmed') return confirmed
    const { device, userId, userName } = confirmed
    const details = { human, user: userId, userName, proposed: account.human === human }
    await store.audit.add({
      at,
      actor: by.id,
      act: 'account-confirmed',
      subject: human,
      device,
      details,
      before: account,
      after: confirmed,
    })
    return confirmed
  }
  return {
    confirm: ({ device, user, human }, by) =>
      store.transaction(async () => {
        const account = await find(device, user)
        const wanted = human ?? account.human
        if (wanted === undefined) {
          throw new SuretyError('CONFLICT', 'the owner of the device names no person: say whose account it is')
        }
        return confirmOne(account, (await activeHuman(store.humans, wanted, 'human')).id, by)
      }),
    confirmProposed: (device, by) =>
      store.transaction(async () => {
        const { items: proposed } = await store.accounts.list({
          state: 'proposed',
          device,
          limit: CONFIRMED_AT_ONCE + 1,
        })
        const now = proposed.slice(0, CONFIRMED_AT_ONCE)
        for (const account of now) if (account.human !== undefined) await confirmOne(account, account.human, by)
        return { confirmed: now.length, more: proposed.length > now.length }
      }),
    release: ({ device, user, reason }, by) =>
      store.transaction(async () => {
        const account = await find(device, user)
        const { human, userId, userName } = account
        if (account.state !== 'confirmed' || human === undefined) {
          throw new SuretyError('CONFLICT', `the account ${userId} of ${device} is not confirmed`)
        }
        await store.accounts.release(account)
        const released = (await store.accounts.of(device, userId)) ?? account
        await store.audit.add({
          at: clock.now(),
          actor: by.id,
          act: 'account-released',
          subject: human,
          device,
          details: { human, user: userId, userName, reason },
          before: account,
          after: released,
        })
        return released
      }),
  }
}

/** The owner of a device changed: other humans are proposed, and what is confirmed stays. Inside the caller's transaction. */
export async function ownerOfAccountsChanged(
  store: { readonly accounts: Pick<AccountStore, 'ownerChanged'>; readonly humans: Pick<HumanStore, 'named'> },
  device: string,
  owner: string,
): Promise<void> {
  await store.accounts.ownerChanged(device, await proposalOf(store.humans, owner))
}
