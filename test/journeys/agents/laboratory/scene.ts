import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { builtInCatalogue } from '../../../../src/discovery/catalogue/built-in.ts'
import type { Status } from '../../../../src/protocol/messages/control.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { REAL_AGENTS, type RealAgent } from '../real-agents.ts'
import type { LabUser } from './lab-users.ts'
import type { Laboratory } from './laboratory.ts'
import { laboratoryFor, prepareAgent, type StartedAgent, startAgent } from './start-agents.ts'
import { type WatchingDaemon, watchWithDaemon } from './watching-daemon.ts'
import { type WatchingDirectory, watchWithDirectory } from './watching-directory.ts'

/**
 * All agents run at once, each as a user of its own, and two daemons watch: one with our catalogue and one with a
 * catalogue that knows none of them. Both are enrolled in one directory, where they are two devices.
 */

const ROOT = resolve(import.meta.dirname, '../../../..')

/** Everything that runs while the tests look. */
export interface Scene {
  readonly laboratory: Laboratory
  readonly knowing: WatchingDaemon
  readonly ignorant: WatchingDaemon
  readonly directory: WatchingDirectory
  /** By name: each runs a tool, or it is told why not. */
  readonly started: ReadonlyMap<string, StartedAgent | Error>
}

/** Starts `agents`, which are installed, and waits until each runs a tool or is known not to. All of it, half made too, ends with `disposal`. */
export async function setScene(
  disposal: AsyncDisposableStack,
  agents: readonly RealAgent[],
  installed: Parameters<typeof laboratoryFor>[1],
): Promise<Scene> {
  const { path } = disposal.use(temporaryFolder())
  const laboratory = disposal.use(await laboratoryFor(agents, installed))
  await Promise.all(agents.map((agent) => prepareAgent(laboratory, agent)))
  const directory = disposal.use(await watchWithDirectory(join(path, 'directory')))
  const main = buildDaemon(join(path, 'program'))
  const watch = async (name: string, args: readonly string[]) => {
    const folder = join(path, name)
    mkdirSync(folder, { mode: 0o700 })
    const enrolment = await directory.enrolment()
    return disposal.use(await watchWithDaemon(laboratory, { folder, main, args, enrolment }))
  }
  const knowing = await watch('knowing', [])
  const ignorant = await watch('ignorant', ['--discovery-catalogue', ignorantCatalogue(path)])
  // They have read every home before anything runs.
  const users = agents.map(({ name }) => laboratory.user(name))
  await Promise.all([knowing, ignorant].map((daemon) => allHomesRead(daemon, users)))
  const start = (some: readonly RealAgent[]) =>
    Promise.all(some.map(async (agent) => [agent.name, await untilItWorks(laboratory, agent)] as const))
  // A service gives up on a model that is slow to answer: it comes to work before the others take the processors.
  const services = await start(agents.filter(({ service }) => service !== undefined))
  const others = await start(agents.filter(({ service }) => service === undefined))
  return { laboratory, knowing, ignorant, directory, started: new Map([...services, ...others]) }
}

/** What does not come to work fails its own tests, and no others. */
async function untilItWorks(laboratory: Laboratory, agent: RealAgent): Promise<StartedAgent | Error> {
  try {
    const started = await startAgent(laboratory, agent)
    await started.tool()
    return started
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** A catalogue file with every entry but those of the agents that run here. */
function ignorantCatalogue(folder: string): string {
  const catalogue = builtInCatalogue()
  const entries = catalogue.entries.filter(({ id }) => !REAL_AGENTS.some(({ entry }) => entry === id))
  const path = join(folder, 'catalogue.json')
  writeFileSync(path, JSON.stringify({ ...catalogue, entries }), { mode: 0o600 })
  return path
}

/** As people install it: a reader for every home starts in a fraction of the time that the sources need. */
export function buildDaemon(folder: string): string {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), '--out', folder, 'suretyd'], { stdio: 'pipe' })
  return join(folder, 'suretyd/suretyd.mjs')
}

export async function allHomesRead(daemon: WatchingDaemon, users: readonly LabUser[]): Promise<void> {
  const isRead = ({ sources }: Status) =>
    users.every(({ uid }) => sources.some(({ source, user }) => source === 'mcp-servers' && user?.id === String(uid)))
  await daemon.until(
    (status) => isRead(status) || undefined,
    (status) => brief(status.sources),
  )
}

export function brief(sightings: readonly object[]): string {
  return JSON.stringify(sightings, undefined, 1)
}
