import { SuretyError } from '../../base/errors.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { HumanStore } from '../humans/human-store.ts'
import type { PrincipalStore } from '../principals/principal-store.ts'
import { isValid } from '../principals/principals.ts'

/** Who can sign in: an administrator, by its id, or a person of the register, by theirs. */

export interface SubjectStore {
  readonly principals: Pick<PrincipalStore, 'list'>
  readonly humans: Pick<HumanStore, 'get' | 'allNamed'>
}

/** As whom a subject acts now. Undefined for an administrator who was revoked or is past their end, and a person who has left. */
export async function principalOfSubject(
  store: SubjectStore,
  subject: string,
  now: number,
): Promise<Principal | undefined> {
  if (subject.startsWith('hum_')) {
    const human = await store.humans.get(subject)
    if (human?.status !== 'active' || human.deletedAt !== undefined) return undefined
    return { id: human.id, kind: 'person', name: human.userName, role: 'member' }
  }
  const found = (await store.principals.list()).find(({ id, kind }) => id === subject && kind === 'administrator')
  if (found === undefined || !isValid(found, now)) return undefined
  const { id, kind, name, role } = found
  return { id, kind, name, role }
}

/**
 * The administrator and the person of this name: the same human being, where there are both.
 *
 * @throws `NOT_FOUND`; `CONFLICT` for a name of several people.
 */
export async function subjectsNamed(
  store: SubjectStore,
  named: string,
): Promise<readonly [{ readonly id: string; readonly name: string }, ...{ readonly id: string }[]]> {
  const folded = named.toLowerCase()
  const administrators = (await store.principals.list()).filter(
    ({ id, kind, name }) => kind === 'administrator' && (id === named || name.toLowerCase() === folded),
  )
  const humans = (await store.humans.allNamed(named)).map(({ id, userName }) => ({ id, name: userName }))
  if (humans.length > 1) {
    throw new SuretyError('CONFLICT', `${named} names ${humans.map(({ id }) => id).join(', ')}: give an id`)
  }
  const [found, ...others] = [...administrators, ...humans]
  if (found === undefined) throw new SuretyError('NOT_FOUND', `no administrator or person is called ${named}`)
  return [found, ...others]
}
