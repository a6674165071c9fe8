import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { release } from 'node:os'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery, type Discovery, type DiscoveryComponents } from '../../../src/discovery/discovery.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { trustedFiles } from '../../../src/system/files/foreign/linux.ts'
import { loadNativeAddon } from '../../../src/system/native/native-addon.ts'
import { linuxProcessDetails } from '../../../src/system/processes/linux/process-details.ts'
import { linuxProcessEvents } from '../../../src/system/processes/linux/process-events.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { OWN_ID } from '../../support/users/local-user.ts'

/** An agent that somebody wrote in an afternoon: it asks a model, and runs what it says. On the real kernel. */
const AGENT = `
const { spawn } = require('node:child_process')
const { createConnection } = require('node:net')
const marks = process.env.ROBO_MARKS === undefined ? {} : { ROBO_SESSION_ID: 'sk-canary-0815' }
const run = () => {
  const tool = spawn('/bin/sh', ['-c', 'echo up; read line'], {
    detached: process.env.ROBO_PLAIN === undefined,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...marks },
  })
  tool.stdout.once('data', () => console.log(tool.pid))
}
const brief = (left) => {
  const tool = spawn('/bin/sh', ['-c', 'sleep 0.2; true ' + left], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...marks } })
  tool.once('close', () => (left > 1 ? brief(left - 1) : console.log(0)))
}
const port = Number(process.env.ROBO_PORT)
if (port > 0) createConnection(port, '127.0.0.1', run)
else if (process.env.ROBO_BRIEF !== undefined) brief(4)
else run()
setInterval(() => {}, 1000)
`
const CANARY = 'sk-canary-0815'
const OTHER_USER = 4243

interface Started extends AsyncDisposable {
  readonly pid: number
  readonly toolPid: number
}

async function start(home: FixtureHome, environment: Readonly<Record<string, string>>, uid?: number): Promise<Started> {
  home.write('robo/index.cjs', AGENT)
  chmodSync(home.path, 0o755)
  const child: ChildProcess = spawn(process.execPath, [home.at('robo/index.cjs'), '-p', CANARY], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    env: { PATH: process.env.PATH, ...environment },
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  if (child.stdout === null || child.pid === undefined) throw new TypeError('it has a pid and its output is piped')
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  const toolPid = Number(line)
  return {
    pid: child.pid,
    toolPid,
    async [Symbol.asyncDispose]() {
      if (toolPid > 0) process.kill(toolPid, 'SIGKILL')
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

async function model(): Promise<{ readonly port: string } & AsyncDisposable> {
  const server: Server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('it listens on a port')
  return {
    port: String(address.port),
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

function discover(more: Partial<DiscoveryComponents> = {}): Discovery {
  return createDiscovery(
    {
      processes: linuxProcesses(),
      details: linuxProcessDetails(),
      homes: { readHome: async () => ({ sightings: [], sources: [], agentStates: [] }) },
      systemFiles: trustedFiles(),
      users: { list: async () => [] },
      clock: new FakeClock(),
      ...more,
    },
    { catalogue: builtInCatalogue(), userId: OWN_ID },
  )
}

/** What discovery tells of this process. */
async function lookFor(pid: number | undefined, discovery = discover()): Promise<AgentSighting | undefined> {
  const { sightings } = await discovery.processes({ signal: new AbortController().signal })
  const agents = sightings.filter((sighting) => sighting.kind === 'agent')
  return agents.find(({ process: found }) => found?.pid === pid)
}

const signalsOf = (sighting: AgentSighting | undefined) =>
  // Its home is a temporary folder, which is told and weighs nothing.
  sighting?.signals?.flatMap(({ name, weight }) => (name === 'fetched-program' ? [] : [`${name} ${weight}`]))

test('reports an unknown agent that runs a tool, with signals and none of its words', async () => {
  using home = fixtureHome()
  await using fake = await model()
  const environment = { ROBO_PORT: fake.port, OPENAI_BASE_URL: `http://${CANARY}`, ROBO_MARKS: '1' }
  await using agent = await start(home, environment)
  const found = await lookFor(agent.pid)
  expect(signalsOf(found)).toEqual(['child-markers 30', 'tool-children 30', 'model-endpoint 30'])
  expect(found?.parts?.map(({ role, pid }) => [role, pid])).toEqual([
    ['agent', agent.pid],
    ['tool', agent.toolPid],
  ])
  expect(found).toMatchObject({ agentKind: 'unknown', name: 'robo', score: 90, user: { id: OWN_ID } })
  expect(JSON.stringify(found)).not.toContain(CANARY)
})

test('reports it without marks, by its tools and its model, and not with neither', async () => {
  using home = fixtureHome()
  await using fake = await model()
  const base = { OPENAI_BASE_URL: 'http://127.0.0.1' }
  await using unmarked = await start(home, { ROBO_PORT: fake.port, ...base })
  expect(signalsOf(await lookFor(unmarked.pid))).toEqual(['tool-children 30', 'model-endpoint 30'])
  await using chat = await start(home, { ROBO_PORT: fake.port, ROBO_PLAIN: '1', ...base })
  expect(await lookFor(chat.pid)).toBeUndefined()
  await using runner = await start(home, { OPENAI_API_KEY: CANARY })
  expect(await lookFor(runner.pid)).toBeUndefined()
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('(root) reports that of another user as theirs', async () => {
  using home = fixtureHome()
  await using fake = await model()
  await using agent = await start(home, { ROBO_PORT: fake.port, OPENAI_BASE_URL: 'x' }, OTHER_USER)
  const found = await lookFor(agent.pid)
  expect([signalsOf(found), found?.user?.id]).toEqual([['tool-children 30', 'model-endpoint 30'], String(OTHER_USER)])
})

asRoot('(root) with events, knows an agent by tools that ended, and asks for a look', async () => {
  using home = fixtureHome()
  const addon = loadNativeAddon()
  const changes: string[] = []
  const discovery = discover({
    processes: linuxProcesses({ addon }),
    events: linuxProcessEvents({ addon }, { release: release() }),
  })
  using _ = discovery.watch((change) => changes.push(change))
  // A process from before the watch is read when it is first inspected.
  await lookFor(0, discovery)
  await using agent = await start(home, { ROBO_BRIEF: '1', ROBO_MARKS: '1' })
  const found = await lookFor(agent.pid, discovery)
  expect(changes).toContain('tool')
  // On a busy machine its tools take so long that their pace is another signal.
  expect(signalsOf(found)?.filter((signal) => !signal.startsWith('paced-children'))).toEqual([
    ...['child-markers 30', 'tool-children 30'],
  ])
  expect(found?.signals?.[1]?.detail).toMatch(/: [2-4] before$/)
})

const hasMake = spawnSync('make', ['--version']).status === 0
;(hasMake ? test : test.skip)('make -j with keys for models is no agent', async () => {
  using home = fixtureHome()
  home.write('Makefile', 'all: a b\na b: ; @echo up; sleep 60\n')
  const child = spawn('make', ['-j2', '-C', home.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { PATH: process.env.PATH, OPENAI_API_KEY: CANARY, OPENAI_BASE_URL: 'x' },
  })
  await once(child.stdout, 'data')
  expect(await lookFor(child.pid)).toBeUndefined()
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await once(child, 'exit')
})
