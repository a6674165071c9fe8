import { readCliEnvironment } from '../../src/config/cli.ts'
import { daemonSettings, daemonSettingsOn, loadDaemonConfig } from '../../src/config/daemon.ts'
import { describeFlags, parseFlags } from '../../src/config/flags.ts'
import { parseCron } from '../../src/daemon/schedule/cron.ts'
import { DEFAULT_PATHS } from '../../src/system/platform/default-paths.ts'
import { codeThrown } from '../support/code-thrown.ts'

const nowhere = { environment: {}, policyFolder: '/absent' }

test('has a valid default for each setting and schedule', () => {
  const { config } = loadDaemonConfig(nowhere)
  const asText = Object.entries(config).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  expect(loadDaemonConfig({ ...nowhere, flags: Object.fromEntries(asText) }).config).toEqual(config)
  const schedules = Object.entries(config).filter(([key]) => key.startsWith('schedules.'))
  expect(schedules.map(([, value]) => parseCron(String(value)).next(0) > 0)).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
  ])
})

test('maps flags to settings', () => {
  expect(parseFlags(daemonSettings, ['--log-level', 'debug', '--config=/a', '--tpm-simulator=/sock'])).toEqual({
    settings: { 'log.level': 'debug', 'tpm.simulator': '/sock' },
    file: '/a',
    help: false,
    version: false,
  })
})

test.each([
  ['an unknown flag', ['--nonsense']],
  ['a flag without its value', ['--log-level']],
  ['a word without a flag', ['status']],
  ['a path that is too long', ['--config', `/${'a'.repeat(8_192)}`]],
  ['ten thousand short options at once', [`-${'a'.repeat(10_000)}`]],
])('%s is refused', async (_, argv) => {
  expect(await codeThrown(() => parseFlags(daemonSettings, argv))).toBe('CONFIG_INVALID')
})

test.each([
  ['os.supported', ['os.supported']],
  ['os.supported, tpm.present', ['os.supported', 'tpm.present']],
  ['', []],
])('checks that are skipped: %j', (skip, checks) => {
  expect(loadDaemonConfig({ ...nowhere, flags: { 'posture.skip': skip } }).config['posture.skip']).toEqual(checks)
})

test.each(['os', 'os.supported,', 'osxsupported', 'every.check'])(
  'refuses to skip unknown checks: %j',
  async (skip) => {
    expect(await codeThrown(() => loadDaemonConfig({ ...nowhere, flags: { 'posture.skip': skip } }))).toBe(
      'CONFIG_INVALID',
    )
  },
)

test.each(Object.entries(DEFAULT_PATHS))('each path among the settings of %s is one of that system', (_, paths) => {
  const settings = Object.entries(daemonSettingsOn(paths)).filter(([, { expected }]) => expected === 'an absolute path')
  expect(settings.length).toBeGreaterThan(5)
  const found = settings.map(([key, { schema }]) => [key, 'pattern' in schema && schema.pattern])
  expect(found).toEqual(settings.map(([key]) => [key, key === 'tpm.device' ? expect.any(String) : paths.absolutePath]))
})

test('describes each setting on one line of help', () => {
  expect(describeFlags(daemonSettings).split('\n')).toHaveLength(Object.keys(daemonSettings).length)
})

test('takes the socket from the variable, then the daemon, then the default', () => {
  const flagged = { ...nowhere, flags: { socket: '/configured' } }
  const broken = { ...nowhere, flags: { socket: 'relative' } }
  expect([
    readCliEnvironment({ SURETY_SOCKET: '/variable' }, flagged).socket,
    readCliEnvironment({}, flagged).socket,
    readCliEnvironment({}, broken).socket,
  ]).toEqual(['/variable', '/configured', '/run/surety/control.sock'])
})

test('ignores an empty NO_COLOR', () => {
  expect(readCliEnvironment({ NO_COLOR: '', TERM: 'dumb' }, nowhere)).toMatchObject({
    coloursWanted: false,
  })
  expect(readCliEnvironment({ NO_COLOR: '0' }, nowhere)).toMatchObject({ coloursWanted: false })
  expect(readCliEnvironment({ NO_COLOR: '', TERM: 'xterm' }, nowhere)).toMatchObject({ coloursWanted: true })
})
