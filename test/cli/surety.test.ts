import { SuretyError } from '../../src/base/errors.ts'
import { VERSION } from '../../src/base/version.ts'
import type { DaemonClient } from '../../src/cli/command/daemon-client.ts'
import type { ConfigEntry, Status, WaitingSettings } from '../../src/protocol/messages/control.ts'
import { SAMPLE_TIME, sampleStatus, sampleStops } from '../support/daemon/sample-status.ts'
import { daemonWith, result, run } from './surety-runs.ts'

const compliant = result({ verdict: 'compliant', reasons: [] })

const unreachable: DaemonClient = {
  sightings: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  status: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  config: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  refresh: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  check: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  remove: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  actions: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  lastBatch: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  freeze: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  release: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  claim: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
  claims: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'cannot reach suretyd')),
}

test.each<[string, number, Partial<Status>]>([
  ['exits with 0 for a compliant device', 0, compliant],
  ['exits with 4 for a device that is not compliant', 4, {}],
  ['exits with 4 for the verdict unknown', 4, result({ verdict: 'unknown' })],
  ['exits with 4 for the verdict stale', 4, result({ verdict: 'stale' })],
  ['exits with 4 for a good verdict past its end', 4, result({ verdict: 'compliant', validUntil: SAMPLE_TIME - 1 })],
  ['exits with 5 while a stop stands, whatever the verdict', 5, { ...compliant, stops: sampleStops() }],
  ['exits with 5 while a stop stands, also when it is not enrolled', 5, { enrolment: 'refused', stops: sampleStops() }],
  ['exits with 0 where nothing is stopped', 0, { ...compliant, stops: { standing: [], held: [], heldCount: 0 } }],
  ['exits with 3 for a device that is not enrolled', 3, { enrolment: 'not-enrolled' }],
  ['exits with 3 for a pending device with an old good verdict', 3, { ...compliant, enrolment: 'pending' }],
  ['exits with 3 for a refused device', 3, { ...compliant, enrolment: 'refused' }],
  ['exits with 3 for a retired device with an old good verdict', 3, { ...compliant, enrolment: 'retired' }],
  [
    "exits with 4 for a verdict past its end by the directory's clock",
    4,
    {
      ...result({ verdict: 'compliant', validUntil: SAMPLE_TIME + 1 }),
      directory: { connected: false, time: SAMPLE_TIME + 2 },
    },
  ],
  [
    "exits with 0 for a verdict that is valid by the directory's clock",
    0,
    {
      ...result({ verdict: 'compliant', validUntil: SAMPLE_TIME - 1 }),
      directory: { connected: true, time: SAMPLE_TIME - 2 },
    },
  ],
])('%s', async (_, exitCode, changes) => {
  const daemon = daemonWith(sampleStatus(changes))
  expect([(await run('status', daemon)).exitCode, (await run('status --json', daemon)).exitCode]).toEqual([
    exitCode,
    exitCode,
  ])
})

test('exits with 4 for a device without a verdict', async () => {
  const { result: _, ...status } = sampleStatus()
  expect((await run('status', daemonWith(status))).exitCode).toBe(4)
})

test.each([
  ['', 2],
  ['nonsense', 2],
  ['status --nonsense', 2],
  ['status more', 2],
  ['config', 2],
  ['agents nonsense', 2],
  ['agents show', 2],
  ['agents show a b', 2],
  ['agents --watch=x', 2],
  ['extensions show', 2],
  ['files show a b', 2],
  ['mcp x', 2],
  ['runtimes --nonsense', 2],
  ['--json', 2],
  ['--json nonsense', 2],
  ['--socket', 2],
  ['--nonsense status', 2],
  ['agents --help', 0],
  ['agents show --help', 0],
  ['--help', 0],
  ['--version', 0],
  ['help', 0],
  ['help status', 0],
  ['--json version', 0],
  ['status --help', 0],
  ['version', 0],
])('`surety %s` exits with %i', async (argv, exitCode) => {
  expect((await run(argv)).exitCode).toBe(exitCode)
})

const COMMANDS = ['status', 'agents', 'agents show x', 'extensions', 'mcp', 'runtimes', 'files', 'refresh']

test.each(COMMANDS)(
  '`surety %s` exits with 6 without a daemon, with a message only on standard error',
  async (argv) => {
    const { exitCode, out, err } = await run(argv, unreachable)
    expect([exitCode, out, err]).toEqual([
      6,
      '',
      'surety: cannot reach suretyd. Start it with: sudo systemctl start suretyd. Why it ended: journalctl -u suretyd. If it listens elsewhere, give --socket PATH. [DAEMON_UNREACHABLE]\n',
    ])
  },
)

test.each([
  ['windows', 'Start the service Surety.'],
  ['darwin', 'Start it with: sudo launchctl kickstart'],
  ['linux', 'Start it with: sudo systemctl start suretyd.'],
] as const)('says how suretyd is started on %s', async (platform, words) => {
  expect((await run('status', unreachable, {}, { platform })).err).toContain(words)
})

test.each(COMMANDS)('`surety %s --json` prints one document with the code without a daemon', async (argv) => {
  const { exitCode, out, err } = await run(`${argv} --json`, unreachable)
  expect([exitCode, out, JSON.parse(err)]).toEqual([
    6,
    '',
    {
      schema: 'surety/error@1',
      error: {
        code: 'DAEMON_UNREACHABLE',
        message: 'cannot reach suretyd',
        advice: expect.stringContaining('start suretyd'),
      },
    },
  ])
})

test('prints NOT_FOUND as a document without control characters', async () => {
  const { exitCode, out, err } = await run('--json agents show \u001b[2J')
  expect([exitCode, out, JSON.parse(err).error.code]).toEqual([1, '', 'NOT_FOUND'])
  expect(err).not.toContain('\u001b')
})

test('exits with 6 and says what to do when the daemon does not answer', async () => {
  const status = () => Promise.reject(new SuretyError('DAEMON_SILENT', 'suretyd is there but does not answer'))
  const { exitCode, out, err } = await run('status', { ...unreachable, status })
  expect([exitCode, out, err]).toEqual([
    6,
    '',
    'surety: suretyd is there but does not answer. suretyd is stopped, frozen or stuck, and does not report. Resume it with kill -CONT PID, or restart it. [DAEMON_SILENT]\n',
  ])
})

test('exits with 1 when something is not permitted', async () => {
  const refresh = () => Promise.reject(new SuretyError('NOT_PERMITTED', 'refresh is for administrators only'))
  const { exitCode, err } = await run('refresh', { ...unreachable, refresh })
  expect([exitCode, err]).toEqual([
    1,
    'surety: refresh is for administrators only. Run the command as root. Other users can see the status and the lists if suretyd has its native addon. [NOT_PERMITTED]\n',
  ])
})

test('status --json prints the status of the daemon unchanged', async () => {
  expect(JSON.parse((await run('status --json')).out)).toEqual(sampleStatus())
})

test('agents and extensions --json have their own schemas', async () => {
  const [agent, extension] = sampleStatus().sightings
  expect([JSON.parse((await run('agents --json')).out), JSON.parse((await run('extensions --json')).out)]).toEqual([
    { schema: 'surety/agents@1', agents: [agent], limitedToCaller: false },
    { schema: 'surety/extensions@1', extensions: [extension], limitedToCaller: false },
  ])
})

test('config show asks the daemon, or reads the files without one', async () => {
  expect(JSON.parse((await run('config show --json')).out)).toEqual({
    schema: 'surety/config@1',
    source: 'daemon',
    entries: [{ key: 'socket', value: '/d', origin: 'flag', place: '--socket' }],
  })
  const { exitCode, out, err } = await run('config show', unreachable)
  expect([exitCode, out, err]).toEqual([
    0,
    '  SETTING  VALUE  FROM     PLACE\n  socket   /f     default  -\n',
    'surety: cannot reach suretyd; showing the configuration files instead [DAEMON_UNREACHABLE]\n',
  ])
})

test.each<[WaitingSettings, string]>([
  [
    { state: 'by-itself', settings: ['log.level', 'support.owner'] },
    'Changed and not in use yet: log.level, support.owner.\nsuretyd restarts with them within minutes.',
  ],
  [
    { state: 'by-hand', settings: ['stateFolder'] },
    'Changed and not in use yet: stateFolder.\nRestart suretyd to apply them.',
  ],
  [
    { state: 'refused', settings: [], reason: '/etc/surety/suretyd.json: log.level: expected one of error, warn' },
    'suretyd would not start with what is set now. It keeps the settings above.\nFix: /etc/surety/suretyd.json: log.level: expected one of error, warn',
  ],
])('config show says what waits: %j', async (waiting, words) => {
  const daemon = daemonWith(sampleStatus())
  const { entries } = await daemon.config()
  const config = async () => ({ entries, waiting })
  expect((await run('config show', { ...daemon, config })).out).toMatch(new RegExp(`--socket\\n\\n${words}\\n$`))
  expect(JSON.parse((await run('config show --json', { ...daemon, config })).out)).toMatchObject({ waiting })
})

test('config show cuts nothing', async () => {
  const value = `/srv/${'long/'.repeat(20)}catalogue.json`
  const entries = [{ key: 'discovery.catalogue', value, origin: 'file', place: '/etc/surety/suretyd.json' } as const]
  const { out } = await run('config show', { ...daemonWith(sampleStatus()), config: async () => ({ entries }) })
  expect(out).toContain(`\n  discovery.catalogue  ${value}  file  /etc/surety/suretyd.json\n`)
})

test('config show names what lost', async () => {
  const place = 'HKLM\\SOFTWARE\\Policies\\Surety\\keys'
  const entries: ConfigEntry[] = [
    { key: 'keys', value: 'tpm', origin: 'managed', place, overrides: [{ origin: 'file', place: 'C:\\x.json' }] },
    { key: 'log.level', value: 'info', origin: 'default' },
  ]
  const { out } = await run('config show', { ...daemonWith(sampleStatus()), config: async () => ({ entries }) })
  expect(out.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['SETTING', 'VALUE', 'FROM', 'PLACE', 'OVERRIDES'],
    ['keys', 'tpm', 'managed', place, 'C:\\x.json'],
    ['log.level', 'info', 'default', '-', '-'],
    [''],
  ])
})

test.each([
  ['status', '/default.sock'],
  ['status --socket /other', '/other'],
  ['--socket /other status', '/other'],
  ['--socket /other --json status', '/other'],
  ['--socket=/other agents', '/other'],
  ['agents --socket /other show x', '/other'],
  ['agents show --socket /other x', '/other'],
  ['config --socket /other show', '/other'],
])('`surety %s` asks the daemon at %s', async (argv, socket) => {
  expect((await run(argv)).sockets).toEqual([socket])
})

test.each(['agents', 'extensions', 'mcp', 'runtimes', 'files'])('takes `surety %s list` for the list', async (noun) => {
  const list = await run(`${noun} --json`)
  expect(list.exitCode).toBe(0)
  expect(await run(`${noun} list --json`)).toEqual(list)
  expect((await run(`${noun} list more`)).exitCode).toBe(2)
})

test('accepts options before the command', async () => {
  expect((await run('--json status')).out).toBe((await run('status --json')).out)
})

test('prints the version by an option and by a command', async () => {
  expect([(await run('--version')).out, (await run('version')).out]).toEqual([`${VERSION}\n`, `${VERSION}\n`])
})

test('names no root and no sudo on Windows', async () => {
  const refuse = () => Promise.reject(new SuretyError('NOT_PERMITTED', 'refresh is for administrators only'))
  const windows = { platform: 'windows' } as const
  const refused = await run('refresh', { ...unreachable, refresh: refuse }, {}, windows)
  expect(refused.err).toContain('Run the command in a terminal that was started as administrator.')
  const helps = ['refresh --help', 'agents claim --help', 'freeze --help', 'fix --help', '--help']
  for (const help of helps) expect((await run(help, undefined, {}, windows)).out).not.toMatch(/\b(root|sudo)\b/i)
  const limited = await run('status', daemonWith({ ...sampleStatus(), limitedToCaller: true }), {}, windows)
  expect(limited.out.replace(/\s+/g, ' ')).toContain('Run this in a terminal that was started as administrator')
  expect((await run('refresh --help')).out).toContain('sudo surety refresh')
})
