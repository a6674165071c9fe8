import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { trustedFiles } from '../../../src/system/linux-files.ts'
import { linuxProcessDetails } from '../../../src/system/linux-process-details.ts'
import { linuxProcesses } from '../../../src/system/linux-processes.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/fixture-home.ts'

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
const port = Number(process.env.ROBO_PORT)
if (port > 0) createConnection(port, '127.0.0.1', run)
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
    ...{ pid: child.pid, toolPid },
    async [Symbol.asyncDispose]() {
      process.kill(toolPid, 'SIGKILL')
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

/** What discovery tells of this process, and of none that it does not know by the catalogue. */
async function lookFor({ pid }: Started): Promise<AgentSighting | undefined> {
  const discovery = createDiscovery(
    {
      processes: linuxProcesses(),
      details: linuxProcessDetails(),
      homes: { readHome: async () => ({ sightings: [], sources: [], agentStates: [] }) },
      systemFiles: trustedFiles(),
      users: { list: async () => [] },
      clock: new FakeClock(),
    },
    { catalogue: builtInCatalogue(), uid: process.getuid?.() ?? 0 },
  )
  const { sightings } = await discovery.processes({ signal: new AbortController().signal })
  const agents = sightings.filter((sighting) => sighting.kind === 'agent')
  return agents.find(({ process: found }) => found?.pid === pid)
}

const signalsOf = (sighting: AgentSighting | undefined) =>
  sighting?.signals?.map(({ name, weight }) => `${name} ${weight}`)

test('an agent that nobody knows is told while it runs a tool, with what speaks for it and no word of its own', async () => {
  using home = fixtureHome()
  await using fake = await model()
  const environment = { ROBO_PORT: fake.port, OPENAI_BASE_URL: `http://${CANARY}`, ROBO_MARKS: '1' }
  await using agent = await start(home, environment)
  const found = await lookFor(agent)
  expect(signalsOf(found)).toEqual(['child-markers 30', 'tool-children 30', 'model-endpoint 30'])
  expect(found?.parts?.map(({ role, pid }) => [role, pid])).toEqual([
    ['agent', agent.pid],
    ['tool', agent.toolPid],
  ])
  expect(found).toMatchObject({ agentKind: 'unknown', name: 'robo', score: 90, user: { uid: process.getuid?.() } })
  expect(JSON.stringify(found)).not.toContain(CANARY)
})

test('it is told without marks, by its tools and its model; with neither, it is not', async () => {
  using home = fixtureHome()
  await using fake = await model()
  const base = { OPENAI_BASE_URL: 'http://127.0.0.1' }
  await using unmarked = await start(home, { ROBO_PORT: fake.port, ...base })
  expect(signalsOf(await lookFor(unmarked))).toEqual(['tool-children 30', 'model-endpoint 30'])
  await using chat = await start(home, { ROBO_PORT: fake.port, ROBO_PLAIN: '1', ...base })
  expect(await lookFor(chat)).toBeUndefined()
  await using runner = await start(home, { OPENAI_API_KEY: CANARY })
  expect(await lookFor(runner)).toBeUndefined()
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('(root) that of another user is told as theirs', async () => {
  using home = fixtureHome()
  await using fake = await model()
  await using agent = await start(home, { ROBO_PORT: fake.port, OPENAI_BASE_URL: 'x' }, OTHER_USER)
  const found = await lookFor(agent)
  expect([signalsOf(found), found?.user?.uid]).toEqual([['tool-children 30', 'model-endpoint 30'], OTHER_USER])
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
  expect(
    await lookFor({ pid: child.pid ?? 0, toolPid: 0, [Symbol.asyncDispose]: async () => undefined }),
  ).toBeUndefined()
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await once(child, 'exit')
})
