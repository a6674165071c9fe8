import { differenceOf } from '../../../src/directory/record/difference.ts'

test('a change has the members that differ, on both sides', () => {
  const before = { id: 'grp_1', number: 4, version: 1, name: 'a', origin: 'hand', changedAt: 1 }
  expect(differenceOf(before, { ...before, version: 2, name: 'b', changedAt: 2 })).toEqual({
    before: { name: 'a' },
    after: { name: 'b' },
  })
})

test.each([
  ['nothing', undefined, undefined],
  ['what is the same', { name: 'a', scope: { b: 1, a: [2] } }, { scope: { a: [2], b: 1 }, name: 'a' }],
  ['what rises with each change', { version: 1, number: 1 }, { version: 2, number: 2 }],
  ['secrets', { tokenHash: 'a', secret: 'b', oldSecrets: ['c'] }, { tokenHash: 'd', secret: 'e', oldSecrets: [] }],
  ['bytes', { key: Uint8Array.of(1) }, { key: Uint8Array.of(2) }],
  ['a member that is undefined', { owner: undefined }, {}],
])('%s is no difference', (_, before, after) => {
  expect(differenceOf(before, after)).toEqual({})
})

test('what was made or removed is there with all of its members', () => {
  const object = { id: 'grp_1', name: 'a', tokens: ['t'], inner: { secret: 's', at: 1 } }
  expect(differenceOf(undefined, object)).toEqual({ after: { name: 'a', inner: { at: 1 } } })
  expect(differenceOf(object, undefined)).toEqual({ before: { name: 'a', inner: { at: 1 } } })
})

test('a member that comes or goes is on one side', () => {
  expect(differenceOf({ a: 1 }, { a: 1, end: 2 })).toEqual({ after: { end: 2 } })
  expect(differenceOf({ a: 1, end: 2 }, { a: 1 })).toEqual({ before: { end: 2 } })
})

test('of an address only the host, and of a person inside only the id', () => {
  const object = {
    url: 'https://hooks.example.org/a/secret?b=c',
    created: { at: 1, by: { id: 'adm_1', name: 'Ada Lovelace' } },
  }
  expect(differenceOf(undefined, object)).toEqual({
    after: { url: 'hooks.example.org', created: { at: 1, by: 'adm_1' } },
  })
})

test('a long member is there as its hash, and a lone surrogate is replaced', () => {
  const long = { scope: { tools: Array.from({ length: 500 }, (_, at) => `tool-${at}`) }, name: '\uD800' }
  const { after } = differenceOf(undefined, long)
  expect(after).toEqual({
    scope: { cut: true, sha256: expect.stringMatching(/^[0-9a-zA-Z_-]{43,64}$/) },
    name: '\uFFFD',
  })
})
