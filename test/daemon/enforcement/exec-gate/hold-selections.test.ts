import { holdSelections } from '../../../../src/daemon/enforcement/exec-gate/hold-selections.ts'
import type { StandingStop } from '../../../../src/daemon/enforcement/stops/stops-file.ts'
import type { StopSelector } from '../../../../src/protocol/stop.ts'
import { uidsOf } from '../../../../src/system/users/uids-of.ts'
import type { LocalUser } from '../../../../src/system/users/users.ts'
import { stopOf } from '../../../support/daemon/test-enforcement.ts'

const USERS = [
  account('ann', 1000),
  account('bob', 1001),
  account('admin', 0),
  account('root', 0),
  { ...account('eva', 1002), subordinateIds: [{ first: 100_000, count: 65_536 }] },
]
const CONTAINERS = { first: 100_000, count: 65_536 }
const known = (who: Parameters<typeof uidsOf>[1]) => uidsOf(USERS, who)

function account(name: string, uid: number): LocalUser {
  return { id: String(uid), name, home: '', shell: '', kind: 'human', posix: { uid, gid: uid } }
}

function selected(...stops: readonly (StopSelector | StandingStop)[]) {
  const all = stops.map((one) => ('select' in one ? stopOf({ selector: one }) : one))
  return holdSelections(all, known)
}

test.each<[string, StopSelector, readonly unknown[]]>([
  ['all', { select: 'all' }, [{}]],
  ['a product', { select: 'product', product: 'codex' }, [{ products: ['codex'] }]],
  ['a user', { select: 'user', user: 'ann' }, [{ uids: [1000] }]],
  ['root, who has two names', { select: 'user', user: 'admin' }, [{ uids: [0] }]],
  ['a user without an account, by number', { select: 'user', user: '4242' }, [{ uids: [4242] }]],
  ['a number that is not the name of that account', { select: 'user', user: '1000' }, []],
  ['a name that no account has', { select: 'user', user: 'eve' }, []],
  ['users of a match', { select: 'match', users: ['bob', 'ann', 'eve'] }, [{ uids: [1000, 1001] }]],
  ['users of a match whom nobody is', { select: 'match', users: ['eve'], products: ['codex'] }, []],
  ['a package', { select: 'match', packages: ['@openai/codex'] }, [{ packages: ['@openai/codex'] }]],
  ['an executable, which may be spelt otherwise', { select: 'match', executables: ['/opt/codex'] }, [{}]],
  ['a user with containers', { select: 'user', user: 'eva' }, [{ uids: [1002, CONTAINERS] }]],
  ['one agent', { select: 'agent', agent: 'a'.repeat(32) }, []],
])('a stop of %s holds no more than it may select', (_, selector, selections) => {
  expect(selected(selector)).toEqual(selections)
})

test("a user's own stop is for that user", () => {
  expect(selected(stopOf({ userId: '1000' }))).toEqual([{ uids: [1000] }])
  expect(selected(stopOf({ selector: { select: 'product', product: 'codex' }, userId: '1001' }))).toEqual([
    { products: ['codex'], uids: [1001] },
  ])
})

test("a user's own stop is for that user's containers too, and for no other account", () => {
  expect(selected(stopOf({ userId: '1002' }))).toEqual([{ uids: [1002, CONTAINERS] }])
  expect(holdSelections([stopOf({ userId: '1002' })], () => undefined)).toEqual([{ uids: [1002] }])
})

test('while the accounts are not known, a stop by name is for all users', () => {
  const stop = stopOf({ selector: { select: 'match', users: ['ann'], products: ['codex'] } })
  expect(holdSelections([stop], () => undefined)).toEqual([{ products: ['codex'] }])
})

test('stops of the same programs are one rule for all their users', () => {
  expect(selected({ select: 'user', user: 'bob' }, { select: 'user', user: 'ann' }, stopOf({ userId: '7' }))).toEqual([
    { uids: [7, 1000, 1001] },
  ])
  expect(selected({ select: 'user', user: 'bob' }, { select: 'all' })).toEqual([{}])
})

test('more than the gate takes becomes one rule for the users of all of them only', () => {
  const many = Array.from({ length: 150 }, (_, number) =>
    stopOf({ selector: { select: 'product', product: `product-${number}` }, userId: String(number % 3) }),
  )
  expect(selected(...many)).toEqual([{ uids: [0, 1, 2] }])
  expect(selected(...many, { select: 'product', product: 'codex' })).toEqual([{}])
})
