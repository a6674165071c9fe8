import { commandName } from '../../../../src/discovery/unknown/shell-loops.ts'
import type { SocketAddress } from '../../../../src/system/processes/process-details.ts'
import { asTool, detailsOf, type SeenProcess, SHELL, scanInit, seen, unknownAgents } from '../behaviour-world.ts'

const MODEL = { address: '127.0.0.1', port: 8000, loopback: true }
const OUTSIDE = { address: '203.0.113.7', port: 443, loopback: false }
const OTHER_OUTSIDE = { ...OUTSIDE, address: '203.0.113.8' }
const COMMANDS = ['ls', 'cat a', 'cd /x && make', 'grep b c', 'sed d', 'git diff']
const PYTHON = '/usr/bin/python3.13'
const ROBO = seen(100, PYTHON, ['python3', '/home/alice/robo.py'])
const INIT = seen(1, '/usr/lib/systemd/systemd', ['/sbin/init'], {
  parentPid: 0,
  sessionId: 1,
  ttyNumber: 0,
  userId: '0',
})

interface Step {
  readonly command: string
  /** Where it is connected when somebody looks after this step; nobody does without. */
  readonly connected?: readonly SocketAddress[]
}

/** What is told after the last of these steps, four seconds each. */
async function after(steps: readonly Step[], init: { robo?: SeenProcess; shell?: boolean } = {}) {
  const { robo = ROBO, shell = true } = init
  const current = { processes: [] as SeenProcess[] }
  const agents = unknownAgents({
    processes: { environmentNames: async () => undefined },
    details: { ...detailsOf([]), sockets: (asked) => detailsOf(current.processes).sockets(asked) },
  })
  let signals: readonly string[] | undefined
  for (const [at, { command, connected }] of steps.entries()) {
    const pid = 200 + at
    const argv = shell ? ['sh', '-c', command] : command.split(' ')
    const executable = shell ? '/usr/bin/dash' : `/usr/bin/${argv[0]}`
    agents.noteTool(seen(pid, executable, argv, { ...asTool(pid, robo.pid), startTicks: 2_000 + at * 400 }), robo)
    if (connected === undefined) continue
    const now = { ...robo, ownSessionChildren: at + 1, sockets: { connected, listening: [] } }
    current.processes = [INIT, SHELL, now]
    const [found] = await agents.scan(current.processes, scanInit({ nowMs: at * 4_000 }))
    signals = found?.signals?.map(({ name, weight }) => `${name} ${weight}`)
  }
  return signals
}

const asking = (connected: readonly SocketAddress[]) => COMMANDS.map((command) => ({ command, connected }))
const TOLD = ['tool-children 30', 'paced-children 25', 'asks-between 15']

test.each<[string, readonly Step[]]>([
  ['a server of this machine', asking([MODEL])],
  [
    'another machine, whose address changes',
    COMMANDS.map((command, at) => ({ command, connected: [at % 2 ? OUTSIDE : OTHER_OUTSIDE] })),
  ],
  // Before the fourth nothing says that one comes after another.
  [
    'a server of this machine, seen after the fourth and the sixth',
    COMMANDS.map((command, at) => (at % 2 === 1 ? { command, connected: [MODEL] } : { command })),
  ],
])('reports what asks %s between its tools', async (_, steps) => expect(await after(steps)).toEqual(TOLD))

test.each<[string, readonly Step[], Parameters<typeof after>[1]?]>([
  ['is connected nowhere', asking([])],
  ['was connected once', COMMANDS.map((command, at) => ({ command, connected: at === 4 ? [MODEL] : [] }))],
  [
    'is connected elsewhere each time',
    COMMANDS.map((command, at) => ({ command, connected: [{ ...MODEL, port: 9_000 + at }] })),
  ],
  ['speaks to a database', asking([{ ...MODEL, port: 5432 }])],
  ['logs in elsewhere', asking([{ ...OUTSIDE, port: 22 }])],
  ['has run too few', asking([MODEL]).slice(0, 4)],
  ['runs the same', COMMANDS.map(() => ({ command: 'make', connected: [MODEL] }))],
  [
    'runs one program with other arguments',
    COMMANDS.map((_, at) => ({ command: `ffmpeg ${at}.mov`, connected: [MODEL] })),
  ],
  [
    'likewise, without a shell',
    COMMANDS.map((_, at) => ({ command: `ffmpeg ${at}.mov`, connected: [MODEL] })),
    { shell: false },
  ],
  [
    'runs one program with other arguments, and has a key that its shell exports',
    COMMANDS.map((_, at) => ({ command: `ssh host-${at} uptime`, connected: [MODEL] })),
    { robo: { ...ROBO, environmentNames: ['HOME', 'PATH', 'OPENAI_API_KEY'] } },
  ],
  [
    'is known to run programs',
    asking([MODEL]),
    { robo: seen(100, PYTHON, ['python3', '/usr/bin/ansible-playbook', 'x.yml']) },
  ],
  [
    'the system starts for itself',
    asking([OUTSIDE]),
    {
      robo: seen(100, PYTHON, ['python3', '/usr/sbin/waagent'], {
        parentPid: 1,
        sessionId: 100,
        ttyNumber: 0,
        userId: '0',
      }),
    },
  ],
])('what %s is not', async (_, steps, init = {}) => expect(await after(steps, init)).toBeUndefined())

test.each<[string, string | undefined]>([
  ['ls -la', 'ls'],
  ['  /usr/bin/git status', 'git'],
  ['cd /x && make -j2', 'make'],
  ["source /x/snapshot.sh && eval 'ls'", undefined],
  ['set -e; export A=b\npytest -q', 'pytest'],
  [`${'cd a; '.repeat(1_000)}rm x`, undefined],
  ['', undefined],
])('of %j, names the program that it means', (text, name) => {
  expect(commandName(seen(7, '/usr/bin/bash', ['bash', '-c', text]))).toBe(name)
})
