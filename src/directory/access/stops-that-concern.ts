import type { Human } from '../humans/human-store.ts'
import type { ServiceAccount } from '../humans/service-account-store.ts'
import type { Registration } from '../registrations/registration-store.ts'
import type { AccessDevice, AccessStore, SeenHere, StopInForce } from './access-store.ts'

/**
 * Which stops in force concern a request. A stop is left out only where it surely selects something else: what is not known of the
 * agent does not let it pass.
 */

export type Subject = { readonly person: Human } | { readonly service: ServiceAccount; readonly owner: Human }

/** A registered agent, or one that is seen and not registered. */
export interface Agent {
  readonly id: string
  readonly name: string
  readonly registration: Registration | undefined
  /** On the device of the request. */
  readonly seen: readonly SeenHere[]
}

export interface Concerned {
  readonly subject: Subject
  readonly agent: Agent | undefined
  readonly device: AccessDevice | undefined
}

export async function stopsThatConcern(
  store: { readonly access: Pick<AccessStore, 'groupsOf' | 'sightingOf'> },
  stops: readonly StopInForce[],
  concerned: Concerned,
): Promise<readonly StopInForce[]> {
  const found: StopInForce[] = []
  for (const stop of stops) if (await concerns(store, stop, concerned)) found.push(stop)
  return found
}

async function concerns(
  store: { readonly access: Pick<AccessStore, 'groupsOf' | 'sightingOf'> },
  stop: StopInForce,
  { subject, agent, device }: Concerned,
): Promise<boolean> {
  const { registration, human, group, product, user } = stop
  if (human !== undefined || group !== undefined) {
    // Who owns a device is in scope too: the directory has worked that out.
    if (device !== undefined && (stop.isSpreading || stop.answer !== undefined)) return true
    const people = peopleOf(subject, agent)
    if (human !== undefined) return people.includes(human)
    for (const person of people) {
      if ((await store.access.groupsOf(person)).some(({ id }) => id === group)) return true
    }
    return false
  }
  if (agent === undefined) {
    if (device === undefined) return isOfEverything(stop)
    // Who asks may be anything that runs there, except where the device says that it has nothing of the kind.
    return stop.answer === undefined ? isOfEverything(stop) || stop.isSpreading : stop.answer !== 'nothing-matched'
  }
  if (registration !== undefined) return agent.registration?.id === registration
  if (stop.agent !== undefined && device !== undefined) {
    const of = await store.access.sightingOf(device.id, stop.agent)
    if (of === undefined || agent.seen.length === 0) return true
    return agent.seen.some(({ item, userId }) => item === of.item && userId === of.userId)
  }
  return isOfProduct(agent, product) && isOfUser(agent, user)
}

function isOfEverything({ registration, human, group, product, user, agent }: StopInForce): boolean {
  return [registration, human, group, product, user, agent].every((one) => one === undefined)
}

function peopleOf(subject: Subject, agent: Agent | undefined): readonly string[] {
  const own = 'person' in subject ? subject.person.id : subject.owner.id
  const others = [agent?.registration?.owner, ...(agent?.seen.map(({ human }) => human) ?? [])]
  return [own, ...others].filter((one) => one !== undefined)
}

/** A stop names a product by its catalogue id, or an unrecognised agent by its name. */
function isOfProduct({ seen, registration }: Agent, product: string | undefined): boolean {
  if (product === undefined) return true
  if (seen.length > 0) return seen.some((one) => one.product === product)
  const products = registration?.criteria.products
  return products === undefined || products.some((one) => one === product || one === `unknown/${product}`)
}

function isOfUser({ seen }: Agent, user: string | undefined): boolean {
  if (user === undefined || seen.length === 0) return true
  return seen.some(({ userName }) => userName === undefined || userName === user)
}
