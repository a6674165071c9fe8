import { nameIn } from '../../../src/console/data/address.ts'

test.each(['claude-code', 'unknown/100%', 'unknown/%2F', 'a/b?c#d', '<img src=x>', '\u202eabc', '%'])(
  'the address of %j leads to it',
  (name) => {
    expect(nameIn(`/agents/${encodeURIComponent(name)}`)).toBe(name)
  },
)

test('a part that is not encoded is taken as it is', () => {
  expect(nameIn('/agents/100%')).toBe('100%')
})
