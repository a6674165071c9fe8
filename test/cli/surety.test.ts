import { SuretyError } from '../../src/base/errors.ts'
import { VERSION } from '../../src/base/version.ts'
import type { DaemonClient } from '../../src/cli/daemon-client.ts'
import type { Status } from '../../src/protocol/control.ts'
import { SAMPLE_TIME, sampleStatus } from '../support/sample-status.ts'
import { daemonWith, result, run } from './surety-runs.ts'

const compliant = result({ verdict: 'compliant', reasons: [] })

const unreachable: DaemonClient = {
  sightings: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
  status: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
  config: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
  refresh: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
}

test.each<[string, number, Partial<Status>]>([
  ['a compliant device is healthy', 0, compliant],
  ['a device that is not compliant is 4', 4, {}],
  ['a verdict of unknown is 4', 4, result({ verdict: 'unknown' })],
  ['a verdict of stale is 4', 4, result({ verdict: 'stale' })],
  ['a good verdict that has run out is 4', 4, result({ verdict: 'compliant', validUntil: SAMPLE_TIME - 1 })],
  ['a device that is not enrolled is 3', 3, { enrolment: 'not-enrolled' }],
  ['a device that waits is 3, whatever its old verdict', 3, { ...compliant, enrolment: 'pending' }],
  ['a device that was refused is 3', 3, { ...compliant, enrolment: 'refused' }],
  ['a device that was retired is 3, whatever its old verdict', 3, { ...compliant, enrolment: 'retired' }],
  [
    "a verdict that has run out by the directory's clock is 4, whatever ours says",
    4,
    {
      ...result({ verdict: 'compliant', validUntil: SAMPLE_TIME + 1 }),
      directory: { connected: false, time: SAMPLE_TIME + 2 },
    },
  ],
  [
    "a verdict that holds by the directory's clock is 0, whatever ours says",
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

test('a device without a verdict is 4', async () => {
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
  '`surety %s` without a daemon is 6, says so on standard error and nothing on standard output',
  async (argv) => {
    const { exitCode, out, err } = await run(argv, unreachable)
    expect([exitCode, out, err]).toEqual([
      6,
      '',
      "surety: nobody answers\nIs suretyd running? --socket PATH names another daemon's socket; npm start prints its own\n",
    ])
  },
)

test.each(COMMANDS)('`surety %s --json` without a daemon says so as one document with the code', async (argv) => {
  const { exitCode, out, err } = await run(`${argv} --json`, unreachable)
  expect([exitCode, out, JSON.parse(err)]).toEqual([
    6,
    '',
    {
      schema: 'surety/error@1',
      error: {
        code: 'DAEMON_UNREACHABLE',
        message: 'nobody answers',
        advice: expect.stringContaining('Is suretyd running?'),
      },
    },
  ])
})

test('what is not found is a document too, and nothing foreign in it moves a cursor', async () => {
  const { exitCode, out, err } = await run('--json agents show \u001b[2J')
  expect([exitCode, out, JSON.parse(err).error.code]).toEqual([1, '', 'NOT_FOUND'])
  expect(err).not.toContain('\u001b')
})

test('a daemon that is there and does not answer is 6, with what to do about it', async () => {
  const status = () => Promise.reject(new SuretyError('DAEMON_SILENT', 'suretyd is there but does not answer'))
  const { exitCode, out, err } = await run('status', { ...unreachable, status })
  expect([exitCode, out, err]).toEqual([
    6,
    '',
    'surety: suretyd is there but does not answer\nIt is stopped, frozen or stuck, and reports to nobody meanwhile: kill -CONT its pid, or end it and start it again\n',
  ])
})

test('what is not permitted is 1', async () => {
  const refresh = () => Promise.reject(new SuretyError('NOT_PERMITTED', 'refresh is for root only'))
  const { exitCode, err } = await run('refresh', { ...unreachable, refresh })
  expect([exitCode, err]).toEqual([
    1,
    'surety: refresh is for root only\nAsk as root. With the native addon (npm run build:native) every user may ask for the status and for what is seen.\n',
  ])
})

test('status --json is the status as the daemon gave it', async () => {
  expect(JSON.parse((await run('status --json')).out)).toEqual(sampleStatus())
})

test('agents and extensions have schemas of their own', async () => {
  const [agent, extension] = sampleStatus().sightings
  expect([JSON.parse((await run('agents --json')).out), JSON.parse((await run('extensions --json')).out)]).toEqual([
    { schema: 'surety/agents@1', agents: [agent], limitedToCaller: false },
    { schema: 'surety/extensions@1', extensions: [extension], limitedToCaller: false },
  ])
})

test('config show asks the daemon, and reads the files when it cannot', async () => {
  expect(JSON.parse((await run('config show --json')).out)).toEqual({
    schema: 'surety/config@1',
    source: 'daemon',
    entries: [{ key: 'socket', value: '/d', origin: 'flag', place: '--socket' }],
  })
  const { exitCode, out, err } = await run('config show', unreachable)
  expect([exitCode, out, err]).toEqual([
    0,
    '  socket  /f  default\n',
    'surety: nobody answers; reading the files instead\n',
  ])
})

test('config show cuts nothing off', async () => {
  const value = `/srv/${'long/'.repeat(20)}catalogue.json`
  const entries = [{ key: 'discovery.catalogue', value, origin: 'file', place: '/etc/surety/suretyd.json' } as const]
  const { out } = await run('config show', { ...daemonWith(sampleStatus()), config: async () => entries })
  expect(out).toBe(`  discovery.catalogue  ${value}  file  /etc/surety/suretyd.json\n`)
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

test('options may stand before the command', async () => {
  expect((await run('--json status')).out).toBe((await run('status --json')).out)
})

test('the version is told like that of the directory, by an option and by a command', async () => {
  expect([(await run('--version')).out, (await run('version')).out]).toEqual([`${VERSION}\n`, `${VERSION}\n`])
})
