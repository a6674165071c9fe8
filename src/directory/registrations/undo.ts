import { SuretyError } from '../../base/errors.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { Changes } from '../workers/changes.ts'
import type { Registration, RegistrationStore } from './registration-store.ts'

/** How long a registration can be undone. */
const UNDO_MS = 10 * 60_000

export interface UndoComponents
  extends ActComponents<{
    readonly registrations: Pick<RegistrationStore, 'get' | 'move' | 'following'>
  }> {
  readonly changes: Pick<Changes, 'of'>
}

/**
 * Retires a registration that was a mistake, at once: no device is asked to end anything. Agents that matched it are unregistered
 * again.
 *
 * @throws `NOT_FOUND`; `CONFLICT` after ten minutes, and for one from which something followed.
 */
export async function undoRegistration(
  { store, clock, changes }: UndoComponents,
  id: string,
  by: Person,
): Promise<Registration> {
  const undone = await store.transaction(async () => {
    const before = await store.registrations.get(id)
    if (before === undefined) throw new SuretyError('NOT_FOUND', `there is no registered agent ${id}`)
    const at = clock.now()
    const { name, state, version, createdAt, criteria } = before
    if (state !== 'provisioning' && state !== 'active') throw refused(`the agent ${id} is ${state}`)
    if (at - createdAt > UNDO_MS) throw refused(`the agent ${id} was registered more than ten minutes ago: retire it`)
    if (version !== 1) throw refused(`the agent ${id} was changed since it was registered: retire it`)
    const [first] = await store.registrations.following(before)
    if (first !== undefined) throw refused(`${FOLLOWED[first]} the agent ${id}: retire it`)
    const reason = 'registered by mistake'
    // No stop holds it in between, so that it is no state of any device.
    for (const to of ['retiring', 'retired'] as const) await store.registrations.move(id, { state: to, reason, at })
    const details = { agent: id, name, from: state }
    const { device } = criteria
    const after = (await store.registrations.get(id)) ?? before
    const done = { act: 'registration-undone', details, before, after } as const
    await store.audit.add({ at, actor: by.id, subject: id, device, ...done })
    return after
  })
  changes.of('registrations')
  return undone
}

const FOLLOWED = {
  stop: 'a stop is of',
  claim: 'an accepted claim made',
  review: 'a review is about',
  'identity provider': 'an identity provider made',
} as const

function refused(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
