import { type ReachStore, reachOf } from '../../../src/directory/stops/reach.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import type { RegistrationCriteria } from '../../../src/protocol/nouns/agents/registration-criteria.ts'

/** What a device is told to select by, from the criteria of a registration. */

const DEVICE = `dev_${'A'.repeat(22)}`
const paths = (length: number) => Array.from({ length: 16 }, (_, at) => `/${String(at).padEnd(length - 1, 'x')}`)

async function selectorOn(criteria: RegistrationCriteria, users: readonly string[] = []) {
  const human = users.length === 0 ? {} : { human: `hum_${'A'.repeat(22)}` }
  const store = {
    stopReach: { ownerOf: () => 'bob', usersOn: () => users },
    registrations: { get: () => ({ criteria: { ...criteria, ...human } }) },
    humans: { get: () => undefined, named: () => undefined },
  } as unknown as ReachStore // what a registration by its program and its human looks at
  return (await reachOf(store, { kind: 'freeze', selector: { registration: `agt_${'A'.repeat(22)}` } }))?.on(DEVICE)
}

test('sends criteria that fit whole', async () => {
  const criteria = { executables: paths(700) }
  expect(await selectorOn(criteria, ['ada', 'eve'])).toEqual({ select: 'match', ...criteria, users: ['ada', 'eve'] })
})

test('where they do not fit with their users, those of all users are selected', async () => {
  const users = Array.from({ length: 16 }, (_, at) => String(at).padEnd(256, 'u'))
  const criteria = { executables: paths(800) }
  expect(await selectorOn(criteria, users)).toEqual({ select: 'match', ...criteria })
})

test('sends criteria that never fit whole, so that the order fails and stops nothing', async () => {
  const criteria = { executables: paths(1_024), workspaces: paths(1_024) }
  const selector = await selectorOn(criteria, ['ada'])
  expect(selector).toEqual({ select: 'match', ...criteria })
  expect(JSON.stringify(selector).length).toBeGreaterThan(LIMITS.selectorBytes)
})
