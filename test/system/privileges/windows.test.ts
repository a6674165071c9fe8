import { becomeWindowsUser, type RightsLeft } from '../../../src/system/privileges/windows.ts'

const ANN = 'S-1-5-21-1-2-3-1001'
const SYSTEM = 'S-1-5-18'
const LEFT: RightsLeft = { userId: ANN, isAdministrator: false, privileges: 0, integrity: 0x1000 }

function become(left: Partial<RightsLeft>, id = ANN) {
  return becomeWindowsUser({ restrictedEnter: () => ({ ...LEFT, ...left }) }, { id })
}

test.each<[string, Partial<RightsLeft>, string]>([
  ['the user reads with their own rights', {}, 'user'],
  ['the user, where integrity stays as it was', { integrity: 0x2000 }, 'user'],
  ['LocalSystem, without privileges and of low integrity', { userId: SYSTEM }, 'reduced'],
  ['LocalSystem, of untrusted integrity', { userId: SYSTEM, integrity: 0 }, 'reduced'],
])('%s: %s', (_, left, rights) => {
  expect(become(left)).toBe(rights)
})

test('LocalSystem reads its own home as itself', () => {
  expect(become({ userId: SYSTEM, integrity: 0x4000 }, SYSTEM)).toBe('user')
})

test.each<[string, Partial<RightsLeft>]>([
  ['one user asks for the home of another', { userId: 'S-1-5-21-1-2-3-1002' }],
  ['a service asks for the home of a person', { userId: 'S-1-5-19' }],
  ['the token cannot be told', { userId: '' }],
  ['a privilege is left', { privileges: 1 }],
  ['the membership in Administrators counts', { isAdministrator: true }],
  ['LocalSystem keeps its integrity', { userId: SYSTEM, integrity: 0x4000 }],
  ['LocalSystem has that of ordinary programs', { userId: SYSTEM, integrity: 0x2000 }],
  ['LocalSystem keeps a privilege', { userId: SYSTEM, privileges: 2 }],
  ['LocalSystem is an administrator still', { userId: SYSTEM, isAdministrator: true }],
])('nothing is read when %s', (_, left) => {
  expect(() => become(left)).toThrow(expect.objectContaining({ code: 'NOT_PERMITTED' }))
})

test('nothing is read when Windows refuses', () => {
  const restrictedEnter = () => {
    throw new Error('error 5')
  }
  expect(() => becomeWindowsUser({ restrictedEnter }, { id: ANN })).toThrow(
    expect.objectContaining({ code: 'NOT_PERMITTED' }),
  )
})
