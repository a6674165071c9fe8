import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { DISCOVERY_TASKS } from '../../../src/discovery/files/scan-tasks.ts'
import { homeMemories } from '../../../src/reader/home-memories.ts'
import { homeReader } from '../../../src/reader/home-reader.ts'
import { startProgram } from '../../../src/system/program/command.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { localUser } from '../../support/users/local-user.ts'
import { hostileForRoot } from '../hostile-program.ts'

/** A person may mount what never answers (FUSE), where any of our looks leads: nothing else goes unseen for it. */

const READER = join(import.meta.dirname, '../../../src/main-reader.ts')
const UID = 2003
const folder = temporaryFolder()
chmodSync(folder.path, 0o755)
afterAll(() => folder[Symbol.dispose]())
const { hostile, whenPossible } = hostileForRoot(folder.path, 'a file system that hangs')
const { signal } = new AbortController()

function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true })
  chownSync(path, UID, UID)
  return path
}

whenPossible('reads all else of a home with hanging mounts of its own, and reports each mount', async () => {
  using home = fixtureHome()
  using state = temporaryFolder()
  const [project, elsewhere] = [join(home.path, 'far'), ownFolder(join(folder.path, 'elsewhere'))]
  const server = { command: 'npx', args: ['-y', 'server'] }
  home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '3.0.65' })
  home.write('.claude.json', {
    projects: { [`${project}/desk`]: {}, [`${elsewhere}/desk`]: {}, [`${home.path}/near`]: {} },
  })
  home.write('near/.mcp.json', { mcpServers: { near: server } })
  home.write('far/desk/.mcp.json', { mcpServers: { far: server } })
  home.giveTo(UID, UID)
  const user = localUser({ name: 'ada', home: home.path, uid: UID, gid: UID })
  const memories = homeMemories({ log: silentLog, forgets: () => false }, { folder: state.path })
  const homes = homeReader(
    { startProgram, clock: systemClock, memories },
    { command: [process.execPath, '--disable-warning=ExperimentalWarning', READER], timeoutMs: scaledMs(60_000) },
  )
  const look = async () => {
    const request = { user, catalogue: builtInCatalogue(), tasks: DISCOVERY_TASKS }
    const { sightings, sources } = await homes.readHome(request, { signal })
    const faults = sources.filter(({ state }) => state !== 'parsed' && state !== 'absent')
    return {
      servers: sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each.name] : [])).sort(),
      agents: sightings.flatMap((each) => (each.kind === 'agent' ? [each.name] : [])),
      faults: faults.map(({ source, path, state, reason }) => `${source} ${state} ${path}: ${reason}`),
    }
  }
  expect(await look()).toEqual({ servers: ['far', 'near'], agents: ['Cline CLI'], faults: [] })
  {
    await using _far = await hostile?.start('hang', project, 'read')
    await using _elsewhere = await hostile?.start('hang', elsewhere, 'unread')
    const found = await look()
    const told = (place: string, ...folders: readonly string[]) =>
      ['installed-agents', 'mcp-servers', 'agent-files'].flatMap((source) =>
        folders.map(
          (path) =>
            `${source} unreadable ${path}: a user's own program serves fuse at ${JSON.stringify(place)}, and may not answer`,
        ),
      )
    expect([found.servers, found.agents]).toEqual([['near'], ['Cline CLI']])
    expect(found.faults).toEqual(
      expect.arrayContaining([...told(project, `${project}/desk`), ...told(elsewhere, `${elsewhere}/desk`)]),
    )
    expect(found.faults.filter((fault) => !fault.includes("a user's own program"))).toEqual([])
    expect(await look()).toEqual(found)
  }
  expect(await look()).toEqual({ servers: ['far', 'near'], agents: ['Cline CLI'], faults: [] })
})
