import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { installAgents } from './laboratory/agent-packages.ts'
import { type Laboratory, laboratoryLacks } from './laboratory/laboratory.ts'
import { allHomesRead, brief, buildDaemon } from './laboratory/scene.ts'
import { laboratoryFor, prepareAgent, type StartedAgent, startAgent } from './laboratory/start-agents.ts'
import { runningAgentsOf, type WatchingDaemon, watchWithDaemon } from './laboratory/watching-daemon.ts'
import { IDLE_AGENTS, type LabAgent } from './real-agents.ts'

/**
 * Real agents that wait for their user: no command was run, and no model was asked. Each was installed where no list of folders
 * has it, so that only where its link leads, or the package of its program, tells what it is.
 */

const lacks = laboratoryLacks()
const installed = lacks === undefined ? await installAgents(IDLE_AGENTS) : new Map()
if (lacks !== undefined) process.stderr.write(`skipped: idle agents: ${lacks}\n`)
for (const found of installed.values()) if ('absent' in found) process.stderr.write(`skipped: ${found.absent}\n`)

const AGENTS = IDLE_AGENTS.filter(({ packageName }) => !('absent' in (installed.get(packageName) ?? { absent: '' })))
const MISSING = IDLE_AGENTS.filter((agent) => !AGENTS.includes(agent))
const each = AGENTS.map((agent) => [agent.name, agent] as const)

const disposal = new AsyncDisposableStack()
let scene:
  | {
      readonly laboratory: Laboratory
      /** Was there before them. */
      readonly first: WatchingDaemon
      /** Came when all of them were waiting. */
      readonly late: WatchingDaemon
      readonly started: ReadonlyMap<string, StartedAgent>
    }
  | undefined

async function setScene() {
  const { path } = disposal.use(temporaryFolder())
  const laboratory = disposal.use(await laboratoryFor(AGENTS, installed))
  await Promise.all(AGENTS.map((agent) => prepareAgent(laboratory, agent)))
  const main = buildDaemon(join(path, 'program'))
  const watch = async (name: string) => {
    const folder = join(path, name)
    mkdirSync(folder, { mode: 0o700 })
    return disposal.use(await watchWithDaemon(laboratory, { folder, main }))
  }
  const first = await watch('first')
  await allHomesRead(
    first,
    AGENTS.map(({ name }) => laboratory.user(name)),
  )
  const started = new Map<string, StartedAgent>()
  for (const agent of AGENTS) started.set(agent.name, await startAgent(laboratory, agent))
  await Promise.all(AGENTS.map((agent) => untilItWaits(laboratory, agent)))
  return { laboratory, first, late: await watch('late'), started }
}

/** Its screen is drawn and stands still. */
async function untilItWaits(laboratory: Laboratory, { name }: LabAgent): Promise<void> {
  const user = laboratory.user(name)
  let before = ''
  const isStill = async () => {
    const last = before
    before = await laboratory.screen(user)
    return before.trim() !== '' && before === last
  }
  await waitFor(`a still screen of ${name}`, isStill, { everyMs: 1_000, withinMs: 300_000, show: () => before })
}

beforeAll(async () => {
  if (AGENTS.length > 0) scene = await setScene()
})

afterAll(() => disposal.disposeAsync())

for (const { name } of MISSING) test.skip(`${name}: could not be installed`, () => undefined)

describe.each(['first', 'late'] as const)('the daemon that was there %s', (which) => {
  test.each(each)('names %s with its version, while it waits', async (name, agent) => {
    if (scene === undefined) throw new Error('there is no scene')
    const { laboratory, started } = scene
    const running = started.get(name)
    const user = laboratory.user(name)
    const [sighting, ...others] = await scene[which].until(
      (status) => {
        const agents = runningAgentsOf(status, user)
        // Some agents run tools of their own as they start: that they wait shows in the end of these.
        const waits = agents.every(({ parts = [] }) => parts.every(({ role }) => role !== 'tool'))
        return waits && agents.some(({ version }) => version !== undefined) ? agents : undefined
      },
      (status) => brief(runningAgentsOf(status, user)),
    )
    expect(others).toEqual([])
    expect(sighting).toMatchObject({
      catalogueId: agent.entry,
      version: agent.version,
      workspace: user.project,
      user: { id: String(user.uid), name },
      process: { pid: running?.program() },
    })
    expect(running?.tools()).toEqual([])
  })
})
