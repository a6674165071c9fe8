import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Status } from '../../../src/protocol/messages/control.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { installAgents } from './laboratory/agent-packages.ts'
import type { LabUser } from './laboratory/lab-users.ts'
import { type Laboratory, laboratoryLacks } from './laboratory/laboratory.ts'
import { commandLineOf } from './laboratory/owned-processes.ts'
import { brief, buildDaemon } from './laboratory/scene.ts'
import { laboratoryFor, prepareAgent, type StartedAgent, startAgent } from './laboratory/start-agents.ts'
import { runningAgentsOf, type WatchingDaemon, watchWithDaemon } from './laboratory/watching-daemon.ts'
import { type WatchingDirectory, watchWithDirectory } from './laboratory/watching-directory.ts'
import { REAL_AGENTS, type RealAgent } from './real-agents.ts'

/**
 * Real agents are stopped while each runs a tool that writes without end, by a user and by an order of a directory, released, and
 * stopped again by a stop that stands when they start.
 */

const NAMES = ['claude', 'codex-exec', 'opencode', 'copilot', 'gemini', 'qwen', 'cline']
const COMMAND = 'sh count'
const COUNT = 'while :; do echo >> counter; sleep 0.02; done\n'
const COUNTER = 'project/counter'
/** Programs that another part of the session runs meanwhile: a stopped tool would have written a hundred times. */
const WITNESS_RUNS = 5

const lacks = laboratoryLacks() ?? (CGROUP2 === undefined ? 'agents are frozen by cgroups of version 2' : undefined)
const wanted = REAL_AGENTS.filter(({ name }) => NAMES.includes(name))
const installed = lacks === undefined ? await installAgents(wanted) : new Map()
if (lacks !== undefined) process.stderr.write(`skipped: stopping real agents: ${lacks}\n`)
const AGENTS = wanted.filter(({ packageName }) => 'nodeModules' in (installed.get(packageName) ?? {}))
for (const { name } of wanted.filter((agent) => !AGENTS.includes(agent)))
  test.skip(`${name}: ${lacks ?? 'could not be installed'}`, () => undefined)

const disposal = new AsyncDisposableStack()
let laboratory: Laboratory
let folder: string
let main: string
let daemon: WatchingDaemon
let directory: WatchingDirectory
let enrolment: string | undefined
const started = new Map<string, StartedAgent | Error>()

const SCENE_MS = scaledMs(900_000)

beforeAll(async () => {
  if (AGENTS.length === 0) return
  const { path } = disposal.use(temporaryFolder())
  laboratory = disposal.use(await laboratoryFor(AGENTS, installed, { command: COMMAND }))
  for (const agent of AGENTS) {
    await prepareAgent(laboratory, agent)
    laboratory.write(laboratory.user(agent.name), 'project/count', COUNT)
  }
  main = buildDaemon(join(path, 'program'))
  folder = join(path, 'device')
  mkdirSync(folder, { mode: 0o700 })
  directory = disposal.use(await watchWithDirectory(join(path, 'directory')))
  enrolment = await directory.enrolment()
  await startDaemon()
  for (const agent of AGENTS) {
    started.set(agent.name, await startAgent(laboratory, agent))
    try {
      await at(agent).running.tool()
    } catch (error) {
      started.set(agent.name, error instanceof Error ? error : new Error(String(error)))
    }
  }
}, SCENE_MS)

afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  await disposal.disposeAsync()
})

async function startDaemon(): Promise<void> {
  // One that was killed leaves its socket.
  rmSync(join(folder, 'run/control.sock'), { force: true })
  daemon = await watchWithDaemon(laboratory, { folder, main, ...(enrolment === undefined ? {} : { enrolment }) })
  // It is used up.
  enrolment = undefined
}

function at(agent: RealAgent): { readonly running: StartedAgent; readonly user: LabUser } {
  const running = started.get(agent.name)
  if (running === undefined) throw new Error(`${agent.name} does not run`)
  if (running instanceof Error) throw running
  return { running, user: running.user }
}

/** The sighting of the agent, with its tool. */
function sightingOf({ running, user }: ReturnType<typeof at>) {
  return daemon.until(
    (status) =>
      runningAgentsOf(status, user).find(({ parts = [] }) =>
        running.tools().some((tool) => parts.some(({ pid }) => pid === tool)),
      ),
    (status) => brief(runningAgentsOf(status, user)),
  )
}

async function writesOn(user: LabUser): Promise<void> {
  const before = laboratory.size(user, COUNTER)
  await waitFor(`the tool of ${user.name} to write`, () => laboratory.size(user, COUNTER) > before + 5)
}

/** Its tool writes nothing while its user works on, and every process of it is in the quarantine. */
async function expectStopped({ running, user }: ReturnType<typeof at>): Promise<void> {
  const before = laboratory.size(user, COUNTER)
  for (let run = 0; run < WITNESS_RUNS; run++) await laboratory.run(user, ['sh', '-c', 'sleep 0.4'])
  expect(laboratory.size(user, COUNTER)).toBe(before)
  // The daemon reads the home as that user for a moment: that process is none of the agent's and ends by itself.
  await waitFor('all of it to be in the quarantine', () => running.pids().filter((pid) => !isQuarantined(pid)), {
    until: (free) => free.length === 0,
    show: (free) => free.map(commandLineOf),
  })
}

/** The status that says that an agent is stopped. */
function holds(status: Status): Status | undefined {
  return (status.stops?.heldCount ?? 0) > 0 ? status : undefined
}

function showStops({ stops }: Status): string {
  return brief(stops === undefined ? [] : [stops])
}

function isQuarantined(pid: number): boolean {
  try {
    return /^0::\/surety\.quarantine\//m.test(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))
  } catch {
    return true // has ended
  }
}

/** That product of that user: other agents of this machine are none of ours. */
function selectorFor({ entry }: RealAgent, { name }: LabUser): readonly string[] {
  return ['--product', entry, '--user', name]
}

describe.each(AGENTS.map((agent) => [agent.name, agent] as const))('%s', (_, agent) => {
  test('stops by an order of the directory, and continues on its release', async () => {
    const place = at(agent)
    const { user } = place
    await writesOn(user)
    await sightingOf(place)
    const stop = await directory.stop(...selectorFor(agent, user))
    expect(stop.progress).toMatchObject({ devices: 1, frozen: 1, failed: 0, agents: 1 })
    await expectStopped(place)
    expect((await daemon.status()).stops?.held).toMatchObject([{ product: agent.entry, user: user.name }])
    const { progress } = await directory.release(stop.id)
    expect(progress).toMatchObject({ released: 1, failed: 0 })
    await writesOn(user)
  })

  test('stops with all its processes, explains it on its terminal, and continues', async () => {
    const place = at(agent)
    const { user } = place
    await writesOn(user)
    const { id } = await sightingOf(place)
    const { receipt, code } = await daemon.client.freeze({ agent: id, reason: 'it deletes tables' })
    try {
      expect([code, receipt.agentCount, receipt.missed]).toEqual([undefined, 1, []])
      await expectStopped(place)
      await waitFor(
        'the line on its terminal',
        async () => (await laboratory.screen(user)).includes('Surety stopped'),
        {
          show: () => laboratory.screen(user),
        },
      )
    } finally {
      await daemon.client.release({ agent: id })
    }
    await writesOn(user)
  })

  test('stays so while the daemon is killed and started again', async () => {
    const place = at(agent)
    const { user } = place
    const { id } = await sightingOf(place)
    await daemon.client.freeze({ agent: id })
    try {
      await daemon[Symbol.asyncDispose]()
      try {
        await expectStopped(place)
      } finally {
        await startDaemon()
      }
      await daemon.until(holds, showStops)
      await expectStopped(place)
    } finally {
      await daemon.client.release({ agent: id })
    }
    await writesOn(user)
  })
})

/** Whether the gate held it. */
const held: boolean[] = []

describe.each(AGENTS.map((agent) => [agent.name, agent] as const))(
  '%s, started while a stop of it is in force',
  (_, agent) => {
    test('does not come to run its tool', async () => {
      const { user } = at(agent)
      await laboratory.end(user)
      const said = daemon.log().length
      const stop = await directory.stop(...selectorFor(agent, user))
      await waitFor('the gate to hold it', () => daemon.log().slice(said).includes('are held as they start'), {
        show: () => daemon.log().slice(said),
      })
      const before = laboratory.size(user, COUNTER)
      const again = await startAgent(laboratory, agent)
      const { stops } = await daemon.until(holds, showStops)
      expect(stops?.held).toMatchObject([{ product: agent.entry, user: user.name }])
      await expectStopped({ running: again, user })
      expect(laboratory.size(user, COUNTER)).toBe(before)
      held.push(daemon.log().slice(said).includes('program held as it starts'))
      await laboratory.end(user)
      await directory.release(stop.id)
    })
  },
)

const afterAgents = AGENTS.length === 0 ? test.skip : test
afterAgents('the gate held agents as they started', () => expect(held).toEqual(held.map(() => true)))
