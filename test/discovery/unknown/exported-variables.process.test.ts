import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import { trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { linuxProcessDetails } from '../../../src/system/processes/linux/process-details.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import type { ProcessSockets } from '../../../src/system/processes/process-details.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { OWN_ID } from '../../support/users/local-user.ts'
import { asTool, look, NODE, type SeenProcess, SHELL, seen } from './behaviour-world.ts'

/**
 * What a person's shell exports from the files that it reads first stands in everything that it starts, and not in its own
 * variables. None of these is an agent.
 */
const BASE = ['HOME', 'PATH', 'SHELL', 'TERM']
const listensAt = (port: number, connected: ProcessSockets['connected'] = []): Pick<SeenProcess, 'sockets'> => ({
  sockets: { connected, listening: [{ address: '127.0.0.1', port, loopback: true }] },
})
const OUTSIDE = { address: '192.0.2.1', port: 443, loopback: false }
const FORWARDED = { address: '127.0.0.1', port: 3_001, loopback: true }

interface Server {
  readonly executable: string
  readonly argv: readonly string[]
  readonly port: number
  readonly tool: readonly [executable: string, ...argv: string[]]
  /** What it adds for what it runs. */
  readonly adds?: readonly string[]
}

const REMOTE = '/home/alice/.vscode-server/cli/servers/Stable-0123abcd/server'
const SERVERS: Readonly<Record<string, Server>> = {
  'the server of VS Code': {
    executable: `${REMOTE}/node`,
    argv: ['node', `${REMOTE}/out/server-main.js`, '--start-server'],
    port: 40_000,
    tool: ['/usr/bin/bash', 'bash', '-i', '-l', '-c', 'env'],
    adds: ['VSCODE_RESOLVING_ENVIRONMENT', 'ELECTRON_RUN_AS_NODE'],
  },
  'code-server from npm': {
    executable: NODE,
    argv: ['node', '/usr/lib/node_modules/code-server/out/node/entry.js'],
    port: 8_080,
    tool: ['/usr/bin/bash', 'bash', '-i', '-l', '-c', 'env'],
    adds: ['CODE_SERVER_PARENT_PID'],
  },
  'an editor that nobody knows': {
    executable: NODE,
    argv: ['node', '/usr/lib/node_modules/pen/out/entry.js'],
    port: 8_080,
    tool: ['/usr/bin/bash', 'bash', '-i', '-l', '-c', 'env'],
    adds: ['PEN_PARENT_PID'],
  },
  wrangler: {
    executable: NODE,
    argv: ['node', '/home/alice/p/node_modules/wrangler/bin/wrangler.js', 'dev'],
    port: 8_787,
    tool: ['/home/alice/p/node_modules/@cloudflare/workerd-linux-64/bin/workerd', 'workerd', 'serve'],
    adds: ['WRANGLER_SEND_METRICS'],
  },
  'a server for developers': {
    executable: NODE,
    argv: ['node', '/home/alice/p/dev.js'],
    port: 3_000,
    tool: ['/home/alice/p/worker', 'worker'],
  },
}

/** A server, its tool and the shell that started it, which has none of the variables that these have. */
function started(server: Server, exported: readonly string[], connected: ProcessSockets['connected']): SeenProcess[] {
  const { executable, argv, port, tool, adds = [] } = server
  const [toolExecutable, ...toolArgv] = tool
  const names = [...BASE, ...exported]
  return [
    SHELL,
    seen(100, executable, argv, { environmentNames: names, ownSessionChildren: 2, ...listensAt(port, connected) }),
    seen(101, toolExecutable, toolArgv, { ...asTool(101, 100), environmentNames: [...names, ...adds] }),
  ]
}

const told = (found: Awaited<ReturnType<typeof look>>) => found.map(({ name, signals }) => [name, signals])

describe.each(Object.entries(SERVERS))('%s is no agent', (_, server) => {
  test.each<[string, readonly string[], ProcessSockets['connected']]>([
    ['without a key', [], []],
    ['with a key of a rc file, and a connection to another machine', ['OPENAI_API_KEY'], [OUTSIDE]],
    ['with the address of a model of a rc file', ['ANTHROPIC_BASE_URL'], []],
    [
      'with both, and a connection to a database',
      ['OPENAI_API_KEY', 'OPENAI_BASE_URL'],
      [{ ...FORWARDED, port: 5432 }],
    ],
  ])('%s', async (_case, exported, connected) => {
    expect(told(await look(started(server, exported, connected)))).toEqual([])
  })

  test('with the address of a model that its shell exports, and a connection to a server', async () => {
    const other = seen(60, '/usr/bin/top', ['top'], { environmentNames: [...BASE, 'OPENAI_BASE_URL'] })
    const processes = started(server, ['OPENAI_BASE_URL'], [FORWARDED])
    expect(told(await look([...processes, other]))).toEqual([])
  })
})

describe('whose a variable is', () => {
  const robo = (more: Partial<SeenProcess> = {}) =>
    seen(100, NODE, ['node', '/home/alice/robo.js'], {
      environmentNames: [...BASE, 'OPENAI_BASE_URL', 'ROBO_HOME'],
      ownSessionChildren: 2,
      ...more,
    })
  const tool = seen(101, '/usr/bin/bash', ['bash', '-c', 'x'], {
    ...asTool(101, 100),
    environmentNames: [...BASE, 'OPENAI_BASE_URL', 'AI_AGENT'],
  })
  const launcher = seen(90, '/opt/launcher', ['launcher'], { parentPid: 1 })
  const byLauncher = { parentPid: 90 }
  const other = (more: Partial<SeenProcess> = {}) =>
    seen(96, '/usr/bin/top', ['top'], { ...byLauncher, environmentNames: [...BASE, 'OPENAI_BASE_URL'], ...more })
  const modelSignal = async (processes: readonly SeenProcess[]) => {
    const [found] = await look(processes)
    return found?.signals?.find(({ name }) => name === 'model-endpoint')
  }

  test.each<[string, readonly SeenProcess[]]>([
    ['it alone has it', [launcher, robo(byLauncher), tool]],
    ['another person has it, too', [launcher, robo(byLauncher), tool, other({ userId: '1001' })]],
    ['what somebody else started has it', [launcher, robo(byLauncher), tool, other({ parentPid: 77 })]],
    ['what it runs has it', [launcher, robo(byLauncher), tool, other({ parentPid: 100 })]],
    ['it runs twice', [launcher, robo(byLauncher), tool, { ...robo(byLauncher), pid: 95 }]],
  ])('its own where %s', async (_, processes) => {
    expect(await modelSignal(processes)).toMatchObject({ weight: 20, detail: 'given OPENAI_BASE_URL' })
  })

  test.each<[string, readonly SeenProcess[], string]>([
    ['what else that has started has it', [launcher, robo(byLauncher), tool, other()], 'as for who started it'],
    ['who started it has it', [other({ pid: 90 }), robo(byLauncher), tool], 'as for who started it'],
    ['a shell started it', [SHELL, robo(), tool], 'maybe by its shell'],
    ['nobody knows who started it', [robo({ parentPid: 77 }), tool], 'as for who started it'],
  ])('not its own where %s', async (_, processes, why) => {
    expect(await modelSignal(processes)).toMatchObject({ weight: 5, detail: expect.stringContaining(why) })
  })
})

const SERVER = `
const { spawn } = require('node:child_process')
require('node:http').createServer().listen(0, '127.0.0.1', () => {
  const tool = spawn('/bin/sh', ['-c', 'read line'], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  console.log(process.pid, tool.pid)
})
`

/** What discovery tells of a real server with a real tool, started by a real shell. */
async function tellOf(rc: string, command: (script: string) => string) {
  using home = fixtureHome()
  home.write('rc', rc)
  home.write('server.cjs', SERVER)
  const env = { PATH: process.env.PATH, HOME: home.path, TERM: 'dumb' }
  const shell: ChildProcess = spawn('bash', ['--rcfile', home.at('rc'), '-i'], {
    env,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'] as const,
  })
  const pids: number[] = []
  try {
    shell.stdin?.write(`${command(home.at('server.cjs'))}\n`)
    if (shell.stdout === null) throw new TypeError('its output is piped')
    const [line] = await once(shell.stdout.setEncoding('utf8'), 'data')
    pids.push(...String(line).trim().split(' ').map(Number))
    const discovery = createDiscovery(
      {
        processes: linuxProcesses(),
        details: linuxProcessDetails(),
        systemFiles: trustedFiles(),
        homes: { readHome: async () => ({ sightings: [], sources: [], agentStates: [] }) },
        users: { list: async () => [] },
        clock: new FakeClock(),
      },
      { catalogue: builtInCatalogue(), userId: OWN_ID },
    )
    const { sightings } = await discovery.processes({ signal: new AbortController().signal })
    return sightings.filter((sighting) => sighting.kind === 'agent' && pids.includes(sighting.process?.pid ?? 0))
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    shell.kill('SIGKILL')
    await once(shell, 'exit')
  }
}

test('a real development server is no agent, though its shell exports a model address', async () => {
  const start = (script: string) => `${process.execPath} ${script}`
  expect(await tellOf('export OPENAI_BASE_URL=http://127.0.0.1:9/v1\n', start)).toEqual([])
})
