import fc from 'fast-check'
import { SuretyError } from '../../src/base/errors.ts'
import type { DaemonClient } from '../../src/cli/daemon-client.ts'
import { statusLines } from '../../src/cli/status-view.ts'
import { runCli } from '../../src/cli/surety.ts'
import type { Status } from '../../src/protocol/control.ts'
import { SAMPLE_TIME, sampleStatus } from '../support/sample-status.ts'

const PLAIN = { columns: undefined, colour: false }
const result = (changes: Partial<NonNullable<Status['result']>>): Partial<Status> => {
  const { result: sample } = sampleStatus()
  return sample === undefined ? {} : { result: { ...sample, ...changes } }
}
const compliant = result({ verdict: 'compliant', reasons: [] })

const unreachable: DaemonClient = {
  sightings: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
  status: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
  config: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
  refresh: () => Promise.reject(new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')),
}

function daemonWith(status: Status): DaemonClient {
  return {
    status: async () => status,
    sightings: async ({ kinds }) => {
      const { sightings, limitedToCaller, time } = status
      return { items: sightings.filter(({ kind }) => kinds?.includes(kind)), mark: '0', limitedToCaller, time }
    },
    config: async () => [{ key: 'socket', value: '/d', origin: 'flag', place: '--socket' }],
    refresh: async () => {},
  }
}

async function run(argv: string, daemon: DaemonClient = daemonWith(sampleStatus())) {
  let [out, err] = ['', '']
  const sockets: string[] = []
  const exitCode = await runCli(
    {
      daemonAt: (socket) => {
        sockets.push(socket)
        return daemon
      },
      readConfig: () => [{ key: 'socket', value: '/f', origin: 'default' }],
      now: () => SAMPLE_TIME,
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      untilInterrupted: () => AbortSignal.abort(),
      pause: async () => undefined,
    },
    { argv: argv.split(' ').filter((word) => word !== ''), socket: '/default.sock', terminal: PLAIN },
  )
  return { exitCode, out, err, sockets }
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
  ['extensions show x', 2],
  ['runtimes --nonsense', 2],
  ['agents --help', 0],
  ['agents show --help', 0],
  ['--help', 0],
  ['status --help', 0],
  ['version', 0],
])('`surety %s` exits with %i', async (argv, exitCode) => {
  expect((await run(argv)).exitCode).toBe(exitCode)
})

test.each(['status', 'status --json', 'agents', 'agents show x', 'extensions', 'mcp', 'runtimes', 'files', 'refresh'])(
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

test('a daemon that is there and does not answer is 6, with what to do about it', async () => {
  const status = () => Promise.reject(new SuretyError('DAEMON_SILENT', 'suretyd is there but does not answer'))
  const { exitCode, out, err } = await run('status --json', { ...unreachable, status })
  expect([exitCode, out, err]).toEqual([
    6,
    '',
    'surety: suretyd is there but does not answer\nIt is stopped, frozen or stuck, and reports to nobody meanwhile: systemctl restart suretyd, or kill -CONT its pid\n',
  ])
})

test('what is not permitted is 1', async () => {
  const refresh = () => Promise.reject(new SuretyError('NOT_PERMITTED', 'refresh is for root only'))
  const { exitCode, err } = await run('refresh', { ...unreachable, refresh })
  expect([exitCode, err]).toEqual([1, 'surety: refresh is for root only\n'])
})

test('status --json is the status as the daemon gave it', async () => {
  expect(JSON.parse((await run('status --json')).out)).toEqual(sampleStatus())
})

test('agents and extensions have schemas of their own', async () => {
  const [agent, extension] = sampleStatus().sightings
  expect([JSON.parse((await run('agents --json')).out), JSON.parse((await run('extensions --json')).out)]).toEqual([
    { schema: 'surety/agents@1', agents: [agent] },
    { schema: 'surety/extensions@1', extensions: [extension] },
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

test('--socket says where the daemon is', async () => {
  expect([(await run('status')).sockets, (await run('status --socket /other')).sockets]).toEqual([
    ['/default.sock'],
    ['/other'],
  ])
})

test('the whole view of a device that has something of everything', () => {
  expect(statusLines(sampleStatus(), { columns: 100, colour: false }, SAMPLE_TIME)).toEqual([
    'Verdict       NOT COMPLIANT (appraised 5 min ago)',
    'Enrolment     enrolled',
    'Device        dev_AAAAAAAAAAAAAAAAAAAAAA, tier tpm-attested, epoch 1',
    'Machine       laptop-7, LENOVO 21HM, Debian GNU/Linux 13',
    'Directory     wss://directory.example:8443, connected, last acknowledged 12 s ago',
    'Evidence      41 of 42 acknowledged, 1 waiting (1834 bytes)',
    'Daemon        0.1.0',
    '',
    'Checks (1 fail, 1 unknown, 1 pass)',
    '  fail     disk.root-encrypted              the root file system is on /dev/nvme0n1p2 (ext4), which',
    '                                            no layer between it and the disk encrypts (for 2 d)',
    '  unknown  session.screen-lock              no desktop session of GNOME or KDE was found (advisory',
    '                                            only)',
    '  pass     boot.secure-boot                 Secure Boot is on',
    '',
    'Agents (1 running, 0 installed)',
    '  Claude Code 2.1.0  running  alice  pid 4242  ?  /home/alice/.local/share/claude/versions/2.1.0',
    '                                                  (--dangerously-skip-permissions)',
    '',
    'Extensions (1, 1 of them AI)',
    '  AI  Helpful\\x1b[31m\\nExtension 1.2  chromium/Default  alice  enabled  store',
    '    read every site  (manifest)',
    '',
    'Sources (1 of 2 could not be read)',
    '  unreadable  /home/bob/.mozilla/firefox: is a link',
    '',
    'The daemon needs help',
    '  ADDON_UNAVAILABLE  build the native addon: npm run build:native',
  ])
})

test('a verdict without its finding says why itself', () => {
  const reasons = [{ check: 'attestation' as const, state: 'unknown' as const, reason: 'no quote for 2 h' }]
  const lines = statusLines(sampleStatus(result({ reasons })), PLAIN, SAMPLE_TIME)
  expect(lines).toContain('  unknown  attestation                      no quote for 2 h')
})

test('colour only lies over the words', () => {
  const [plain, coloured] = [false, true].map((colour) =>
    statusLines(sampleStatus(), { columns: 100, colour }, SAMPLE_TIME).join('\n'),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  expect(coloured?.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
  expect(coloured).not.toBe(plain)
})

test('a narrow terminal: what has no room beside stands below, and nothing is cut off', () => {
  const remedy = "The clock of this device is about 365 days behind the directory's. Set it."
  const health = [{ code: 'CLOCK_OFF', remedy, since: 0 }]
  const lines = statusLines(sampleStatus({ enrolment: 'retired', health }), { columns: 40, colour: false }, SAMPLE_TIME)
  expect([lines.slice(0, 8), lines.slice(17, 20), lines.slice(27, 33), lines.slice(-5)]).toEqual([
    [
      'Verdict       NONE: this device was',
      '              retired',
      'Enrolment     RETIRED by an',
      '              administrator: a new',
      '              enrolment string and an',
      '              approval let it back',
      'Device        dev_AAAAAAAAAAAAAAAAAAAAAA',
      '              , tier tpm-attested, epoch',
    ],
    ['', 'Checks (1 fail, 1 unknown, 1 pass)', '  fail     disk.root-encrypted'],
    [
      '  pass     boot.secure-boot',
      '    Secure Boot is on',
      '',
      'Agents (1 running, 0 installed)',
      '  Claude Code 2.1.0  running  alice',
      '    pid 4242  ?',
    ],
    [
      '',
      'The daemon needs help',
      '  CLOCK_OFF  The clock of this device is',
      '             about 365 days behind the',
      "             directory's. Set it.",
    ],
  ])
})

test('no line is longer than the terminal is wide, from 40 columns on, whatever a device says', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 40, max: 120 }), (text, columns) => {
      const [agent, extension] = sampleStatus().sightings
      const status = sampleStatus({
        ...result({ reasons: [{ check: 'tier', state: 'fail', reason: text }] }),
        findings: [{ check: 'a.b', state: 'fail', detail: text }],
        directory: {
          connected: false,
          url: `wss://${'d'.repeat(80)}`,
          lastError: { code: 'CLOCK_OFF', message: text },
        },
        sightings: [
          ...(agent?.kind === 'agent' ? [{ ...agent, name: text, version: text, path: text, flags: [text] }] : []),
          ...(extension?.kind === 'extension' ? [{ ...extension, name: text, profile: text }] : []),
        ],
        sources: [{ source: 's', path: text, state: 'malformed', reason: text, items: 0, durationMs: 0 }],
        health: [{ code: text.slice(0, 64), remedy: text, since: 0 }],
        limitedToCaller: true,
      })
      return statusLines(status, { columns, colour: false }, SAMPLE_TIME).every((line) => line.length <= columns)
    }),
  )
})

test('nothing foreign reaches the terminal as anything but text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const [agent, extension] = sampleStatus().sightings
      const status = sampleStatus({
        ...result({ reasons: [{ check: 'tier', state: 'fail', reason: text }] }),
        findings: [{ check: 'a.b', state: 'fail', detail: text }],
        sightings: [
          ...(agent?.kind === 'agent' ? [{ ...agent, name: text, version: text, path: text, flags: [text] }] : []),
          ...(extension?.kind === 'extension' ? [{ ...extension, name: text, profile: text }] : []),
        ],
        sources: [{ source: 's', path: text, state: 'malformed', reason: text, items: 0, durationMs: 0 }],
        health: [{ code: text, remedy: text, since: 0 }],
      })
      return statusLines(status, { columns: 80, colour: false }, SAMPLE_TIME).every(
        (line) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line),
      )
    }),
  )
})
