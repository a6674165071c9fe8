import { SuretyError } from '../../base/errors.ts'
import type { Human, HumanStore } from './human-store.ts'

/** @param named an id, user name or e-mail address. @throws `NOT_FOUND` for none; `CONFLICT` for several. */
export function knownHuman(humans: Pick<HumanStore, 'allNamed'>, named: string): Human {
  const [only, ...others] = humans.allNamed(named)
  const shown = JSON.stringify(named.slice(0, 64))
  if (only === undefined) throw new SuretyError('NOT_FOUND', `there is no human ${shown}`)
  if (others.length === 0) return only
  const ids = [only, ...others].map(({ id, userName }) => `${id} (${JSON.stringify(userName)})`)
  throw new SuretyError('CONFLICT', `${shown} names ${ids.join(', ')}: give an id`)
}

/**
 * @param what the part that the human plays, for the message.
 * @throws as `knownHuman`; `CONFLICT` for one who is deactivated, `OWNER_REQUIRED` for an owner.
 */
export function activeHuman(humans: Pick<HumanStore, 'allNamed'>, named: string, what: string): Human {
  const human = knownHuman(humans, named)
  if (human.status === 'active') return human
  const code = what === 'owner' ? 'OWNER_REQUIRED' : 'CONFLICT'
  throw new SuretyError(code, `the ${what} ${JSON.stringify(named)} is deactivated: name an active human`)
}
