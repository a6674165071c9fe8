import { isStateQuery } from '../../../../src/discovery/unknown/tool-memory.ts'
import { ALLOWED_COMMANDS } from '../../../../src/system/program/allowed-commands.ts'
import { STATE_QUERIES } from '../../../../src/system/program/query-commands.ts'
import { asTool, detailsOf, NODE, type SeenProcess, SHELL, scanInit, seen, unknownAgents } from '../behaviour-world.ts'

/**
 * A daemon that watches the device as ours does, run by a person: `npm start` beside a `suretyd` that is enrolled. What it asks
 * the system comes one after another, and it is connected to its directory all the time.
 */

const DIRECTORY = { address: '127.0.0.1', port: 7443, loopback: true }
const BARE = ['LC_ALL', 'PATH']
const KEYS = ['HOME', 'PATH', 'SHELL', 'TERM', 'OPENAI_API_KEY']
const START = seen(90, NODE, ['node', '/home/alice/surety/scripts/start.ts'], { environmentNames: KEYS })
const DAEMON = seen(100, NODE, ['node', '/home/alice/surety/src/main-daemon.ts', 'run'], {
  ...asTool(100, 90),
  environmentNames: BARE,
})

const query = (executable: string, args: readonly string[]) => ({ executable, argv: [executable, ...args] })
const argumentsOf = ([, ...args]: readonly string[]) => args
const unit = (name: string) => query('/usr/bin/systemctl', [...argumentsOf(STATE_QUERIES.unit), name])
const READER = query(NODE, ['/home/alice/surety/src/main-reader.ts'])
const LOOK = [
  query('/usr/sbin/nft', argumentsOf(STATE_QUERIES.packetRules)),
  query('/usr/sbin/sshd', ['-T']),
  unit('ssh.service'),
  query('/usr/bin/apt-get', argumentsOf(STATE_QUERIES.upgrades)),
  READER,
  unit('apt-daily-upgrade.timer'),
  READER,
  query('/usr/bin/apt-get', argumentsOf(STATE_QUERIES.packageLists)),
]

interface Ran {
  readonly executable: string
  readonly argv: readonly string[]
  readonly environmentNames?: readonly string[]
}

/** What is told of `parent` after it has run these, two seconds each, connected all the while. */
async function after(tools: readonly Ran[], parent: SeenProcess = DAEMON) {
  const connected = { connected: [DIRECTORY], listening: [] }
  const agents = unknownAgents({
    processes: { environmentNames: async () => undefined },
    details: { ...detailsOf([]), sockets: (asked) => new Map(asked.map(({ pid }) => [pid, connected])) },
  })
  let told: readonly string[] = []
  for (const [at, { executable, argv, environmentNames = BARE }] of tools.entries()) {
    const place = { ...asTool(200 + at, parent.pid), startTicks: 2_000 + at * 200, environmentNames }
    agents.noteTool(seen(200 + at, executable, argv, place), parent)
    const processes = [SHELL, START, { ...parent, ownSessionChildren: at + 1 }]
    const found = await agents.scan(processes, scanInit({ nowMs: at * 2_000 }))
    told = found.flatMap(({ signals = [] }) => signals.map(({ name }) => name))
  }
  return told
}

const TOLD = ['tool-children', 'paced-children', 'asks-between']

test('a daemon that asks the system of its own state, again and again, is no agent', async () => {
  expect(await after([...LOOK, ...LOOK])).toEqual([])
  // Nor where a person exports a key for everything.
  expect(await after([...LOOK, ...LOOK], { ...DAEMON, environmentNames: [...BARE, 'OPENAI_API_KEY'] })).toEqual([])
})

test.each<[string, (asked: Ran) => Ran]>([
  ['in other words', ({ executable, argv }) => ({ executable, argv: [...argv, '-v'] })],
  ['with a program of that name', ({ argv }) => ({ executable: '/home/alice/bin/nft', argv })],
  ['with variables that say more', (asked) => ({ ...asked, environmentNames: [...BARE, 'APT_CONFIG'] })],
  ['by a shell', ({ argv }) => ({ executable: '/usr/bin/dash', argv: ['sh', '-c', argv.join(' ')] })],
])('reports one that asks %s as before', async (_, change) => {
  // Of different programs at each step, whatever they are called.
  const changed = LOOK.map((asked) => (asked === READER ? asked : change(asked)))
  const named = changed.map((asked, at) =>
    asked.executable.startsWith('/home') ? { ...asked, executable: `/home/alice/bin/q${at}` } : asked,
  )
  expect(await after(named)).toEqual(TOLD)
})

test('reports an agent of the same name, and one that asks between its tools', async () => {
  const work = ['ls', 'cat', 'make', 'git', 'grep', 'sed'].map((name) => query(`/usr/bin/${name}`, ['x']))
  expect(await after(work)).toEqual(TOLD)
  expect(await after(work.flatMap((step, at) => [step, LOOK[at % LOOK.length] ?? step]))).toEqual(TOLD)
})

test.each<[string, readonly string[]]>(Object.entries(STATE_QUERIES))('%s is known by its words', (name, words) => {
  const [command = '', ...args] = words
  const paths = Object.entries(ALLOWED_COMMANDS).flatMap(([each, places]) => (each === command ? places : []))
  expect(paths.length).toBeGreaterThan(0)
  const whole = name === 'unit' ? [...args, 'ssh.service'] : args
  const process = (executable: string, argv: readonly string[]) => seen(7, executable, argv, { environmentNames: BARE })
  for (const path of paths) {
    expect(isStateQuery(process(path, [path, ...whole]))).toBe(true)
    const others = [
      process(path, [path]),
      process(path, [path, ...whole, 'x']),
      process(path, [path, ...whole.slice(0, -1)]),
      process(path, [path, ...whole.slice(0, -1), '-H root@elsewhere']),
      process(`/tmp${path}`, [path, ...whole]),
      { ...process(path, [path, ...whole]), environmentNames: undefined },
    ]
    for (const each of others) expect([each.argv, isStateQuery(each)]).toEqual([each.argv, false])
  }
})
