import { readCliEnvironment } from '../../src/config/cli.ts'
import { daemonSettings, loadDaemonConfig } from '../../src/config/daemon.ts'
import { describeFlags, parseFlags } from '../../src/config/flags.ts'
import { parseCron } from '../../src/daemon/schedule/cron.ts'
import { codeThrown } from '../support/code-thrown.ts'

const nowhere = { environment: {}, policyFolder: '/absent' }

test('every default fits its own setting, and every schedule can be read', () => {
  const { config } = loadDaemonConfig(nowhere)
  const asText = Object.entries(config).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  expect(loadDaemonConfig({ ...nowhere, flags: Object.fromEntries(asText) }).config).toEqual(config)
  const schedules = Object.entries(config).filter(([key]) => key.startsWith('schedules.'))
  expect(schedules.map(([, value]) => parseCron(String(value)).next(0) > 0)).toEqual([true, true, true, true])
})

test('flags become settings by their keys', () => {
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
  ['a word that belongs to no flag', ['status']],
  ['a path longer than any', ['--config', `/${'a'.repeat(8_192)}`]],
  ['ten thousand short options at once', [`-${'a'.repeat(10_000)}`]],
])('%s is refused', async (_, argv) => {
  expect(await codeThrown(() => parseFlags(daemonSettings, argv))).toBe('CONFIG_INVALID')
})

test.each(['os.supported', 'os.supported,tpm.present', ''])('checks that are skipped: %j', (skip) => {
  expect(loadDaemonConfig({ ...nowhere, flags: { 'posture.skip': skip } }).config['posture.skip']).toBe(skip)
})

test.each(['os', 'os.supported,', 'os.supported, tpm.present', 'osxsupported', 'every.check'])(
  'checks that there are not are not skipped: %j',
  async (skip) => {
    expect(await codeThrown(() => loadDaemonConfig({ ...nowhere, flags: { 'posture.skip': skip } }))).toBe(
      'CONFIG_INVALID',
    )
  },
)

test('help has one line for each setting', () => {
  expect(describeFlags(daemonSettings).split('\n')).toHaveLength(Object.keys(daemonSettings).length)
})

test('the command line finds the socket: variable, then the daemon, then the default', () => {
  const flagged = { ...nowhere, flags: { socket: '/configured' } }
  const broken = { ...nowhere, flags: { socket: 'relative' } }
  expect([
    readCliEnvironment({ SURETY_SOCKET: '/variable' }, flagged).socket,
    readCliEnvironment({}, flagged).socket,
    readCliEnvironment({}, broken).socket,
  ]).toEqual(['/variable', '/configured', '/run/surety/control.sock'])
})

test('an empty NO_COLOR asks for nothing', () => {
  expect(readCliEnvironment({ NO_COLOR: '', TERM: 'dumb' }, nowhere)).toMatchObject({
    coloursWanted: false,
  })
  expect(readCliEnvironment({ NO_COLOR: '0' }, nowhere)).toMatchObject({ coloursWanted: false })
  expect(readCliEnvironment({ NO_COLOR: '', TERM: 'xterm' }, nowhere)).toMatchObject({ coloursWanted: true })
})
