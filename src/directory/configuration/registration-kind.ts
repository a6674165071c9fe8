import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { foldName } from '../../base/text/fold-name.ts'
import type { ConfigurationSpecs } from '../../protocol/nouns/directory/configuration.ts'
import type { HumanStore } from '../humans/human-store.ts'
import type { Registration, RegistrationStore } from '../registrations/registration-store.ts'
import type { Registrations } from '../registrations/registrations.ts'
import { type Act, type Kind, kindOf, type Present, sorted, withoutAbsent } from './kind.ts'
import { pick } from './people-kinds.ts'
import { type PersonNames, personNames } from './person-names.ts'
import { normalTime, timeOf, timeText } from './times.ts'

export interface RegistrationKindComponents {
  readonly store: { readonly registrations: RegistrationStore; readonly humans: HumanStore }
  readonly registrations: Registrations
}

type Spec = ConfigurationSpecs['registration']

const AT_ONCE = 500

/**
 * Registrations of products, packages, programs and people. Those of one device come from claims, rules and the inbox, and belong to
 * the device.
 */
export function registrationKind({ store, registrations }: RegistrationKindComponents): Kind {
  return kindOf('registration', {
    reads: 'view',
    changes: 'register',
    keyOf: foldName,
    async read() {
      const names = personNames(store.humans)
      const items: Present<Spec>[] = []
      const count = { ended: 0, ofDevices: 0 }
      let cursor: string | undefined
      do {
        const page = await store.registrations.list({ limit: AT_ONCE, cursor })
        for (const registration of page.items) {
          const { id, name, state, criteria } = registration
          if (state === 'retiring' || state === 'retired') count.ended++
          else if (criteria.device !== undefined) count.ofDevices++
          else items.push({ key: foldName(name), name, id, spec: await specOf(registration, names) })
        }
        cursor = page.next
      } while (cursor !== undefined)
      const leftOut = [
        { count: count.ended, why: 'they have ended' },
        { count: count.ofDevices, why: 'they are of one device: claims, rules and the inbox make these' },
      ]
      return { items, leftOut }
    },
    normal: (_name, spec) => normal(spec, personNames(store.humans)),
    async create(name, spec, { by: { id, name: called } }) {
      const request = { ...requestOf(spec), name, ...member('state', spec.state) }
      await registrations.create(request, { person: { id, name: called } })
    },
    async change({ id }, spec, changed, act) {
      if (changed.has('owner')) await transfer(registrations, { id, owner: spec.owner }, act)
      const { by, reason } = act
      const all = requestOf(spec)
      const { successor = null, contact = null, versions = null, autonomyCeiling = null } = all
      const { reviewAt = null, expiresAt = null, single = false } = all
      const whole = { ...all, successor, contact, versions, autonomyCeiling, reviewAt, expiresAt, single }
      const { owner: _, ...change } = pick(whole, changed)
      if (Object.keys(change).length > 0) await registrations.change(id, change, { id: by.id, name: by.name })
      if (!changed.has('state')) return
      if ((await store.registrations.get(id))?.state === 'quarantined') throw held(id)
      await move(registrations, id, spec.state, { by, reason })
    },
    async remove({ id }, act) {
      await move(registrations, id, 'retiring', act)
    },
    removal: { verb: 'retire', result: 'what runs of it is stopped for good' },
  })
}

/** What a person holds, by `suspended` or `quarantined`, is active as far as files are concerned. */
async function specOf(registration: Registration, names: PersonNames): Promise<Spec> {
  const { state, owner, successor, contact, criteria, versions, purpose, scope, autonomyCeiling } = registration
  const { reviewAt, expiresAt, single } = registration
  const { device: _, human, ...lists } = criteria
  return withoutAbsent<Spec>({
    purpose,
    owner: await names.ofId(owner),
    successor: await names.ofId(successor),
    contact: await names.ofId(contact),
    criteria: withoutAbsent<Spec['criteria']>({ ...lists, human: await names.ofId(human) }),
    versions: usedList(versions),
    scope: scopeOf(scope),
    autonomyCeiling,
    single: single ? true : undefined,
    reviewAt: reviewAt === undefined ? undefined : timeText(reviewAt),
    expiresAt: expiresAt === undefined ? undefined : timeText(expiresAt),
    // One that is quarantined without an owner was never active.
    state: state === 'provisioning' || owner === undefined ? undefined : 'active',
  })
}

async function normal(spec: Spec, names: PersonNames): Promise<Spec> {
  const { owner, successor, contact, criteria, versions, scope, single, reviewAt, expiresAt, state } = spec
  const { human, ...lists } = criteria
  const personIn = async (text: string | undefined) => (text === undefined ? undefined : await names.ofText(text))
  const sortedLists = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, sorted(list)]))
  return withoutAbsent<Spec>({
    ...spec,
    owner: await personIn(owner),
    successor: await personIn(successor),
    contact: await personIn(contact),
    criteria: withoutAbsent<Spec['criteria']>({ ...sortedLists, human: await personIn(human) }),
    versions: usedList(versions),
    scope: scope === undefined ? undefined : scopeOf(scope),
    single: single === true ? true : undefined,
    reviewAt: reviewAt === undefined ? undefined : normalTime(reviewAt),
    expiresAt: expiresAt === undefined ? undefined : normalTime(expiresAt),
    state: state === 'active' ? 'active' : undefined,
  })
}

function usedList(list: readonly string[] | undefined): string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : [...list]
}

function scopeOf(scope: NonNullable<Spec['scope']>): Spec['scope'] {
  const used = Object.entries(scope).filter(([, list]) => list !== undefined && list.length > 0)
  return used.length === 0 ? undefined : Object.fromEntries(used)
}

function requestOf({ reviewAt, expiresAt, scope = {}, state: _, ...spec }: Spec) {
  const whole = { applications: [], dataSets: [], tools: [], ...scope }
  return {
    ...spec,
    scope: whole,
    ...(reviewAt === undefined ? {} : { reviewAt: timeOf(reviewAt) }),
    ...(expiresAt === undefined ? {} : { expiresAt: timeOf(expiresAt) }),
  }
}

async function transfer(
  registrations: Registrations,
  { id, owner }: { readonly id: string; readonly owner: string | undefined },
  { by, reason }: Act,
): Promise<void> {
  if (owner === undefined) {
    throw new SuretyError('OWNER_REQUIRED', 'an owner cannot be taken away: name another one, or remove the document')
  }
  await registrations.transfer(id, owner, { reason, by: { id: by.id, name: by.name } })
}

async function move(
  registrations: Registrations,
  id: string,
  to: string | undefined,
  { by, reason }: Act,
): Promise<void> {
  if (to !== 'active' && to !== 'retiring') {
    throw new SuretyError(
      'TRANSITION_REFUSED',
      'an agent that was active cannot become provisioning: say state: active',
    )
  }
  await registrations.move(id, to, { reason, by: { id: by.id, name: by.name } })
}

function held(id: string): SuretyError {
  const message = `a person quarantined the agent, and files release nothing: surety-directory registrations activate ${id}`
  return new SuretyError('TRANSITION_REFUSED', message)
}
