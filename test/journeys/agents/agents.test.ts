import type { Status } from '../../../src/protocol/messages/control.ts'
import type { SeenAgent } from '../../../src/protocol/nouns/devices/fleet.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { installAgents } from './laboratory/agent-packages.ts'
import type { LabUser } from './laboratory/lab-users.ts'
import { laboratoryLacks } from './laboratory/laboratory.ts'
import { commandLineOf } from './laboratory/owned-processes.ts'
import { brief, type Scene, setScene } from './laboratory/scene.ts'
import type { StartedAgent } from './laboratory/start-agents.ts'
import { runningAgentsOf, sightingsOf } from './laboratory/watching-daemon.ts'
import { NOTES_PATH, REAL_AGENTS, type RealAgent } from './real-agents.ts'

const lacks = laboratoryLacks()
const installed = lacks === undefined ? await installAgents(REAL_AGENTS) : new Map()
if (lacks !== undefined) process.stderr.write(`skipped: real agents: ${lacks}\n`)
for (const found of installed.values()) if ('absent' in found) process.stderr.write(`skipped: ${found.absent}\n`)

const AGENTS = REAL_AGENTS.filter(({ packageName }) => 'nodeModules' in (installed.get(packageName) ?? {}))
const MISSING = REAL_AGENTS.filter((agent) => !AGENTS.includes(agent))

const disposal = new AsyncDisposableStack()
let scene: Scene | undefined

function at(agent: RealAgent) {
  const started = scene?.started.get(agent.name)
  if (scene === undefined || started === undefined) throw new Error(`${agent.name} does not run`)
  if (started instanceof Error) throw started
  return { ...scene, running: started, user: started.user }
}

/** The one sighting of this agent that is as it should be. */
function sightingOf(agent: RealAgent, isRight: (sighting: AgentSighting) => boolean): Promise<AgentSighting> {
  const { knowing, user } = at(agent)
  return knowing.until(
    (status) => {
      const [only, ...others] = runningAgentsOf(status, user)
      return only !== undefined && others.length === 0 && isRight(only) ? only : undefined
    },
    (status) => brief(runningAgentsOf(status, user)),
  )
}

/** What else its daemon says, where it misses one. */
function rest({ health, sources, sightings }: Status): string {
  const faults = sources.filter(({ state }) => state !== 'parsed' && state !== 'absent')
  const others = sightings.flatMap((each) => (each.kind === 'agent' && each.state === 'running' ? [each] : []))
  return brief([
    { health, faults, others: others.map(({ name, user, parts }) => ({ name, user, parts: parts?.length })) },
  ])
}

function partPids({ parts = [] }: AgentSighting, role?: string): number[] {
  return parts
    .filter((part) => role === undefined || part.role === role)
    .map(({ pid }) => pid)
    .sort((a, b) => a - b)
}

/** The command that its model made it run, at this moment: some agents end it and are made to run it again. */
function hasTool(running: StartedAgent, sighting: AgentSighting): boolean {
  const tools = running.tools()
  return tools.length > 0 && tools.every((pid) => partPids(sighting, 'tool').includes(pid))
}

/** Every process that its user has but for the terminal, and no other. */
function isAllOf(running: StartedAgent, sighting: AgentSighting): boolean {
  return JSON.stringify(partPids(sighting)) === JSON.stringify(sorted(running.pids())) && hasTool(running, sighting)
}

function sorted(pids: readonly number[]): number[] {
  return [...pids].sort((a, b) => a - b)
}

function pidsWith(running: StartedAgent, words: readonly string[]): number[] {
  return running.pids().filter((pid) => words.some((word) => commandLineOf(pid).includes(word)))
}

/** What the register says of the agents of one user of the laboratory. */
function inRegister(agents: readonly SeenAgent[], { uid }: LabUser): readonly SeenAgent[] {
  return agents.filter(({ sighting }) => sighting.user?.id === String(uid))
}

/** Nine agents and two daemons on two cores come to work one after the other. */
const SCENE_MS = scaledMs(900_000)

beforeAll(async () => {
  if (AGENTS.length > 0) scene = await setScene(disposal, AGENTS, installed)
}, SCENE_MS)

afterAll(() => disposal.disposeAsync())

for (const { name } of MISSING) test.skip(`${name}: ${lacks ?? 'could not be installed'}`, () => undefined)

for (const agent of AGENTS) {
  describe(`${agent.name}, while it runs a tool`, () => {
    test('is found with its version, user, workspace and the terminal of its human', async () => {
      const { user } = at(agent)
      const sighting = await sightingOf(agent, ({ version }) => version !== undefined)
      const human = { id: String(user.uid), name: user.name }
      expect(sighting).toMatchObject({
        catalogueId: agent.entry,
        version: agent.version,
        user: human,
        workspace: user.project,
        attribution: {
          how: agent.service === undefined ? 'direct' : 'inherited',
          human,
          session: { kind: 'terminal' },
        },
      })
    })

    test('is known to act without asking, and why', async () => {
      const { by, name } = agent.autonomousBy
      const sighting = await sightingOf(agent, ({ autonomy }) => autonomy?.level === 'autonomous')
      expect(sighting.autonomy?.because).toContainEqual(
        expect.objectContaining({ by, name: expect.stringMatching(name) }),
      )
    })

    test('all of its processes are its parts: the tool, its daemons, its MCP server', async () => {
      const { running, knowing, user } = at(agent)
      const sighting = await sightingOf(agent, (seen) => isAllOf(running, seen))
      expect(partPids(sighting, 'helper')).toEqual(expect.arrayContaining(pidsWith(running, agent.daemons ?? [])))
      const servers = sightingsOf(await knowing.status(), user).filter(({ kind }) => kind === 'mcp-server')
      expect(sighting.parts?.filter(({ role }) => role === 'mcp-server')).toEqual(
        (agent.hasServer === true ? pidsWith(running, [NOTES_PATH]) : []).map((pid) =>
          expect.objectContaining({ pid, server: servers[0]?.id }),
        ),
      )
    })

    test('is surfaced as unknown where no catalogue knows it, and why', async () => {
      const { ignorant, user, running } = at(agent)
      const sighting = await ignorant.until(
        (status) =>
          runningAgentsOf(status, user).find((seen) => seen.agentKind === 'unknown' && hasTool(running, seen)),
        (status) => `${brief(runningAgentsOf(status, user))}${rest(status)}`,
      )
      expect(sighting.catalogueId).toBeUndefined()
      expect(sighting.signals?.length).toBeGreaterThanOrEqual(2)
      expect(sighting.score).toBe(sighting.signals?.reduce((sum, { weight }) => sum + weight, 0))
    })
  })
}

for (const agent of AGENTS) {
  describe(`${agent.name}, in the directory, while it runs a tool`, () => {
    test('is among the agents that run now, as its device sees it', async () => {
      const { directory, knowing, user, running } = at(agent)
      const [seen] = await directory
        .until(`key=${agent.entry}&state=running&presence=now`, (agents) =>
          inRegister(agents, user).some(({ sighting }) => hasTool(running, sighting)),
        )
        .then((agents) => inRegister(agents, user))
      expect(seen).toMatchObject({
        presence: 'now',
        item: { key: agent.entry, devices: 1 },
        sighting: { catalogueId: agent.entry, version: agent.version, autonomy: { level: 'autonomous' } },
      })
      const [own] = runningAgentsOf(await knowing.status(), user)
      expect(seen?.sighting.id).toBe(own?.id)
    })

    test('is among the unknown ones of the device that does not know it, with why', async () => {
      const { directory, user } = at(agent)
      const agents = await directory.until('unknown=yes&state=running', (found) => inRegister(found, user).length > 0)
      const [seen] = inRegister(agents, user)
      expect(seen?.item?.key).toMatch(/^unknown\//)
      expect(seen?.sighting.signals?.length).toBeGreaterThanOrEqual(2)
    })
  })
}

for (const agent of AGENTS.filter(({ daemons }) => daemons !== undefined)) {
  test(`${agent.name}: keeps what its killed program leaves behind, and its tool`, async () => {
    const { running } = at(agent)
    const program = running.program()
    if (program === undefined) throw new Error('it has ended by itself')
    process.kill(program, 'SIGKILL')
    await running.ended()
    const sighting = await sightingOf(agent, (seen) => isAllOf(running, seen))
    expect(sighting.catalogueId).toBe(agent.entry)
    expect(partPids(sighting)).toEqual(expect.arrayContaining(pidsWith(running, agent.daemons ?? [])))
  })
}

for (const agent of AGENTS.filter(({ daemons }) => daemons === undefined)) {
  test(`${agent.name}: keeps the tool of a killed program for as long as it runs`, async () => {
    const { knowing, user, running } = at(agent)
    const program = running.program()
    if (program === undefined) throw new Error('it has ended by itself')
    process.kill(program, 'SIGKILL')
    await running.ended()
    // Some have the kernel end their tools with them.
    await knowing.until(
      (status) => {
        const agents = runningAgentsOf(status, user)
        if (running.tools().length === 0) return agents.length === 0 || undefined
        const [only, ...others] = agents
        const told = only !== undefined && others.length === 0 && hasTool(running, only)
        return (told && only.catalogueId === agent.entry && only.process?.pid !== program) || undefined
      },
      (status) => brief(runningAgentsOf(status, user)),
    )
  })
}

for (const agent of AGENTS) {
  test(`${agent.name} is gone after it has ended`, async () => {
    const { laboratory, knowing, ignorant, directory, user, running } = at(agent)
    laboratory.release(user)
    if (agent.daemons === undefined && agent.service === undefined) await running.ended()
    else await laboratory.end(user)
    for (const daemon of [knowing, ignorant]) {
      await daemon.until(
        (status) => runningAgentsOf(status, user).length === 0 || undefined,
        (status) => brief(runningAgentsOf(status, user)),
      )
    }
    // The register has heard of its end from both devices, and still says when it was last there.
    await directory.until('state=running', (agents) => inRegister(agents, user).length === 0)
  })
}
