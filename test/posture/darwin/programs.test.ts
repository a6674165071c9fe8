import { checkAntivirus, checkApplicationOrigin } from '../../../src/posture/darwin/programs.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { context } from '../fake-components.ts'
import { mac, plist } from './mac.ts'

test.each<[string, Parameters<typeof mac>[1], string]>([
  ['assessments enabled', { spctl: { stdout: 'assessments enabled\n' } }, 'pass'],
  ['assessments disabled', { spctl: { exitCode: 1, stdout: 'assessments disabled\n' } }, 'fail'],
  ['a word on standard error', { spctl: { exitCode: 1, stderr: 'assessments disabled\n' } }, 'fail'],
  ['nothing', { spctl: {} }, 'unknown'],
  [
    'an option that is no more',
    { spctl: { exitCode: 2, stderr: 'This operation is no longer supported\n' } },
    'unknown',
  ],
])('Gatekeeper with %s is %s', async (_, commands, state) => {
  expect(await checkApplicationOrigin(mac({}, commands), context)).toMatchObject({ state })
})

const OLD = '/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents'
const NEW = '/var/protected/xprotect/XProtect.bundle/Contents'
const DAY = 24 * 60 * 60 * 1000
const clock = new FakeClock()
const ago = (days: number) => clock.now() - days * DAY
const version = (text: string) => plist({ CFBundleShortVersionString: text })

test.each<[string, Parameters<typeof mac>[0], Readonly<Record<string, number>>, string, string]>([
  [
    'fresh rules',
    { [`${OLD}/Info.plist`]: version('5356') },
    { [`${OLD}/Resources`]: ago(10) },
    'pass',
    '5356, 10 days',
  ],
  [
    'old rules',
    { [`${OLD}/Info.plist`]: version('5270') },
    { [`${OLD}/Resources`]: ago(200) },
    'fail',
    '5270, 200 days',
  ],
  [
    'newer rules at the place of macOS 15',
    { [`${OLD}/Info.plist`]: version('5270'), [`${NEW}/Info.plist`]: version('5356') },
    { [`${OLD}/Resources`]: ago(200), [`${NEW}/Resources`]: ago(3) },
    ...(['pass', '5356, 3 days'] as const),
  ],
  ['no rules', {}, {}, 'fail', 'missing'],
  ['a version without rules', { [`${OLD}/Info.plist`]: version('5356') }, {}, 'fail', 'missing'],
])('XProtect with %s', async (_, tree, changed, state, detail) => {
  expect(await checkAntivirus(mac(tree, {}, { changed, clock }))).toEqual({
    state,
    detail: expect.stringContaining(detail),
  })
})

test('rules from the future are no proof', async () => {
  const components = mac(
    { [`${OLD}/Info.plist`]: version('5356') },
    {},
    { changed: { [`${OLD}/Resources`]: ago(-5) }, clock },
  )
  expect(await checkAntivirus(components)).toMatchObject({ state: 'unknown' })
})

test.each(['', 'bplist00', '<plist><array/></plist>'])('a version reported as %j is an error', async (text) => {
  await expect(checkAntivirus(mac({ [`${OLD}/Info.plist`]: text }, {}, { clock }))).rejects.toMatchObject({
    code: 'INPUT_MALFORMED',
  })
})
