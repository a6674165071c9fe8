import { checkMandatoryAccessControl, checkSecureBoot, checkSystemIntegrity } from '../../../src/posture/darwin/boot.ts'
import { parseMdmSecurityInfo } from '../../../src/posture/parsers/boot/mdm-security-info.ts'
import { parseOpenStep } from '../../../src/posture/parsers/boot/openstep-text.ts'
import { context } from '../fake-components.ts'
import { fixture, mac } from './mac.ts'

const INFO = fixture('mdmclient-security-info.txt')
const on = (stdout: string) => `System Integrity Protection status: ${stdout}.\n`

test('the answer of the management client is read', () => {
  expect(parseMdmSecurityInfo(INFO)).toEqual({
    secureBootLevel: 'full',
    authenticatedRoot: true,
    systemIntegrity: true,
    remoteDesktop: true,
  })
  expect(parseMdmSecurityInfo(`=== header ===\n${INFO}\nAgent response: (null)\n`)).toBeDefined()
})

test.each([
  ['full', 'pass'],
  ['medium', 'fail'],
  ['off', 'fail'],
  ['"not supported"', 'fail'],
  ['permissive', 'unknown'],
])('a startup security that is %s is %s', async (level, state) => {
  const stdout = INFO.replace('SecureBootLevel = full', `SecureBootLevel = ${level}`)
  expect(await checkSecureBoot(mac({}, { mdmclient: { stdout } }), context)).toMatchObject({ state })
})

test.each([
  ['nothing', ''],
  ['an answer that is cut', INFO.slice(0, 300)],
  ['a refusal', 'Daemon response: (null)\n'],
  ['no word on it', 'Daemon response: {\n    SecurityInfo =     {\n    };\n}\n'],
  ['a level that is a list', INFO.replace('SecureBootLevel = full', 'SecureBootLevel = ( full )')],
])('with %s the startup security is unknown', async (_, stdout) => {
  expect(await checkSecureBoot(mac({}, { mdmclient: { stdout } }), context)).toMatchObject({ state: 'unknown' })
})

test.each<[string, string, string]>([
  ['enabled', INFO, 'pass'],
  ['enabled', '', 'pass'],
  ['enabled', INFO.replace('AuthenticatedRootVolumeEnabled = 1', 'AuthenticatedRootVolumeEnabled = 0'), 'fail'],
  ['disabled', INFO, 'fail'],
  ['unknown (Custom Configuration)', INFO, 'fail'],
  ['enabled (Custom Configuration)', INFO, 'fail'],
  ['aktiviert', INFO, 'unknown'],
  ['', INFO, 'unknown'],
])('protection that is %j is judged', async (state, info, outcome) => {
  const components = mac({}, { csrutil: { stdout: on(state) }, mdmclient: { stdout: info } })
  expect(await checkSystemIntegrity(components, context)).toMatchObject({ state: outcome })
})

test('reports an unknown seal as unknown', async () => {
  const components = mac({}, { csrutil: { stdout: on('enabled') }, mdmclient: {} })
  expect(await checkSystemIntegrity(components, context)).toMatchObject({
    detail: expect.stringContaining('sealed is not known'),
  })
})

test.each([
  [on('enabled'), 'pass'],
  [on('disabled'), 'fail'],
  [on('enabled (Custom Configuration)'), 'fail'],
  ['csrutil: command not found', 'unknown'],
])('access control by %j is %s', async (stdout, state) => {
  expect(await checkMandatoryAccessControl(mac({}, { csrutil: { stdout } }), context)).toMatchObject({ state })
})

test.each<[string, unknown]>([
  ['{ a = "b c"; "d\\"e" = ( 1, { f = 2; } ); }', { a: 'b c', 'd"e': ['1', { f: '2' }] }],
  ['( )', []],
  ['word', 'word'],
])('%s is read', (text, value) => expect(parseOpenStep(text)).toEqual(value))

test.each([
  '',
  '{',
  '{ a = 1 }',
  '{ a 1; }',
  '( 1 2 )',
  '( 1, )',
  '{ a = 1; } x',
  '"never ends',
  `${'('.repeat(50)}${')'.repeat(50)}`,
])('%j is refused', (text) => expect(parseOpenStep(text)).toBeUndefined())
