import { isRootId, ROOT_ID, userIdOf, userIdText } from '../../../src/base/text/user-id.ts'

test('the id of a numeric user is its decimal', () => {
  expect([0, 1000, 4_294_967_294].map(userIdOf)).toEqual(['0', '1000', '4294967294'])
})

test('ids stay right when there are more users than the table holds', () => {
  for (let uid = 0; uid < 20_000; uid++) expect(userIdOf(uid)).toBe(String(uid))
  expect(userIdOf(7)).toBe('7')
})

test.each([ROOT_ID, 'S-1-5-18'])('%s may do everything', (id) => expect(isRootId(id)).toBe(true))

test.each(['', '1', '00', '1000', 'S-1-5-19', 'S-1-5-180', 'root'])('%j may not do everything', (id) => {
  expect(isRootId(id)).toBe(false)
})

test('a person reads a uid as such, and a SID as it is', () => {
  expect([userIdText('1000'), userIdText('S-1-5-18')]).toEqual(['uid 1000', 'S-1-5-18'])
})
