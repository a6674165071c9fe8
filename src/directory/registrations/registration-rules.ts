import { SuretyError } from '../../base/errors.ts'
import type { RegistrationCriteria } from '../../protocol/nouns/agents/registration-criteria.ts'
import type {
  RegistrationChange,
  RegistrationRequest,
  RegistrationState,
} from '../../protocol/nouns/agents/registrations.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceStore } from '../devices/device-store.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { knownHuman } from '../humans/humans.ts'
import type { Registration, RegistrationStore } from './registration-store.ts'

/** What a registration may say and become: its criteria, its states, and who follows its owner. */

/** Upper limit of criteria: an order to stop the agent contains them. */
const MOST_BYTES = 12 * 1024

/**
 * The criteria as they are stored: lists without doubles, the human by id.
 *
 * @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`; `NOT_FOUND` for a human; `INPUT_TOO_LARGE`.
 */
export async function checkedCriteria(
  store: { readonly devices: Pick<DeviceStore, 'standing'>; readonly humans: Pick<HumanStore, 'get' | 'allNamed'> },
  { device, human, ...lists }: RegistrationRequest['criteria'],
): Promise<RegistrationCriteria> {
  if (device !== undefined) {
    const standing = await store.devices.standing(device)
    if (standing === undefined) throw unknownDevice(device)
    if (standing.status === 'retired') throw new SuretyError('DEVICE_RETIRED', `the device ${device} was retired`)
  }
  const criteria = {
    ...Object.fromEntries(Object.entries(lists).map(([name, items]) => [name, [...new Set(items)].toSorted()])),
    ...(device === undefined ? {} : { device }),
    ...(human === undefined ? {} : { human: (await knownHuman(store.humans, human)).id }),
  }
  if (Buffer.byteLength(JSON.stringify(criteria)) > MOST_BYTES) {
    throw new SuretyError('INPUT_TOO_LARGE', `the criteria have more than ${MOST_BYTES} bytes`)
  }
  return criteria
}

/** Whether whatever these criteria accept is accepted by the others too. */
export function areWithin(criteria: RegistrationCriteria, others: RegistrationCriteria): boolean {
  const itemsOf = (one: string | readonly string[] | undefined) => (typeof one === 'string' ? [one] : one)
  const names = Object.keys(others) as (keyof RegistrationCriteria)[]
  return names.every((name) => {
    const accepted = itemsOf(others[name])
    return accepted === undefined || itemsOf(criteria[name])?.every((item) => accepted.includes(item)) === true
  })
}

/** State after state, as the database has them too. `retired` has no way out. */
export const LIFECYCLE: Readonly<Record<RegistrationState, readonly RegistrationState[]>> = {
  provisioning: ['active', 'quarantined', 'retiring'],
  active: ['suspended', 'quarantined', 'retiring'],
  suspended: ['active', 'quarantined', 'retiring'],
  quarantined: ['active', 'suspended', 'retiring'],
  retiring: ['retired'],
  retired: [],
}

/** @throws `TRANSITION_REFUSED`. */
export function requireTransition(from: RegistrationState, to: RegistrationState): void {
  const after = LIFECYCLE[from]
  if (after.includes(to)) return
  const way = after.length === 0 ? 'it has ended' : `it can become ${after.join(' or ')}`
  throw new SuretyError('TRANSITION_REFUSED', `an agent that is ${from} cannot become ${to}: ${way}`)
}

/** What a registration in a state does to the agents that match it. */
export function stopKindOf(state: RegistrationState): 'freeze' | 'retire' | undefined {
  if (state === 'suspended' || state === 'quarantined') return 'freeze'
  return state === 'retiring' || state === 'retired' ? 'retire' : undefined
}

/** Chains of successors. */

/** More than a company has levels. */
const MOST_FOLLOWED = 1_000

/**
 * Refuses a successor whose own successors lead back to this owner: if all of them left, the agents would have no owner.
 *
 * @throws `CONFLICT`.
 */
export async function requireNoCycle(
  store: Pick<RegistrationStore, 'successorsOf'>,
  { owner, successor }: Pick<Registration, 'owner' | 'successor'>,
): Promise<void> {
  if (owner === undefined || successor === undefined) return
  const followed = new Set([successor])
  // A set also visits what is added meanwhile.
  for (const human of followed) {
    if (human === owner) {
      const message =
        human === successor
          ? 'the owner cannot be the successor'
          : `${successor} would hand agents to ${owner}, who hands them to ${successor}`
      throw new SuretyError('CONFLICT', `a cycle of successors: ${message}`)
    }
    if (followed.size > MOST_FOLLOWED) return
    for (const next of await store.successorsOf(human)) followed.add(next)
  }
}

/** @throws `INPUT_MALFORMED`. */
export function requireLater(
  { reviewAt, expiresAt }: Pick<RegistrationChange, 'reviewAt' | 'expiresAt'>,
  at: number,
): void {
  for (const [what, time] of [['review', reviewAt] as const, ['end', expiresAt] as const]) {
    if (typeof time === 'number' && time <= at) {
      throw new SuretyError('INPUT_MALFORMED', `the ${what} of the agent has passed`)
    }
  }
}

type PlainChange = Omit<RegistrationChange, 'successor' | 'contact' | 'criteria' | 'expectVersion'>

/** Without a check: what is null has no value any more. */
export function withChanges(before: Registration, change: PlainChange): Registration {
  const given = Object.entries(change).map(([name, value]) => [name, value ?? undefined])
  return { ...before, ...Object.fromEntries(given) }
}
