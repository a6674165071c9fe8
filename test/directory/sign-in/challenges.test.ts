import { randomBytes } from 'node:crypto'
import { toBase64Url } from '../../../src/base/bytes.ts'
import { CHALLENGE_TTL_MS, challenges } from '../../../src/directory/sign-in/challenges.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function started() {
  const clock = new FakeClock()
  const made = challenges({ clock, random: (size) => new Uint8Array(randomBytes(size)) })
  return { clock, ...made, make: (purpose: string) => toBase64Url(made.make(purpose)) }
}

test('a challenge is for its purpose, until its time is over', async () => {
  const { make, isValid, clock } = started()
  const challenge = make('sign-in')
  expect(isValid(challenge, 'sign-in')).toBe(true)
  expect(isValid(challenge, 'enrol adm_1')).toBe(false)
  await clock.advance(CHALLENGE_TTL_MS - 1)
  expect(isValid(challenge, 'sign-in')).toBe(true)
  await clock.advance(1)
  expect(isValid(challenge, 'sign-in')).toBe(false)
})

test.each([
  ['nothing', () => ''],
  ['no base64url', (made: string) => `${made.slice(0, -1)}=`],
  ['its beginning', (made: string) => made.slice(0, 40)],
  ['more than it', (made: string) => `${made}AAAA`],
  ['another end of its time', (made: string) => `${made.slice(0, 24)}${made[24] === 'A' ? 'B' : 'A'}${made.slice(25)}`],
  ['another nonce', (made: string) => `${made[0] === 'A' ? 'B' : 'A'}${made.slice(1)}`],
  ['that of another process', () => started().make('sign-in')],
])('%s is no challenge', (_name, spoil) => {
  const { make, isValid } = started()
  expect(isValid(spoil(make('sign-in')), 'sign-in')).toBe(false)
})

test('a challenge is used once', async () => {
  const { make, use, clock } = started()
  const [one, other] = [make('sign-in'), make('sign-in')]
  use(one)
  expect(codeOfCall(() => use(one))).toBe('NOT_PERMITTED')
  use(other)
  await clock.advance(CHALLENGE_TTL_MS - 1)
  expect(codeOfCall(() => use(one))).toBe('NOT_PERMITTED')
})
