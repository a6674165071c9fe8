import { SuretyError } from '../../src/base/errors.ts'
import { type Log, silentLog } from '../../src/base/log.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../src/discovery/discovery.ts'
import type { HomeReader } from '../../src/discovery/homes/home-reader.ts'
import type { AgentSighting, User } from '../../src/protocol/sighting.ts'
import type { DirectoryEntry, TrustedFileReader } from '../../src/system/files/files.ts'
import type { ProcessDetails } from '../../src/system/processes/process-details.ts'
import type { ProcessEventSource } from '../../src/system/processes/process-events.ts'
import type { ProcessEntry, ProcessTable } from '../../src/system/processes/process-table.ts'
import type { LocalUser } from '../../src/system/users/users.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** A device with two people on it, whose parts a test may replace. */

const ROOT: LocalUser = { id: '0', name: 'root', home: '/root', shell: '/bin/bash', kind: 'root' }
export const ALICE: LocalUser = {
  id: '1000',
  name: 'alice',
  home: '/home/alice',
  shell: '/bin/bash',
  kind: 'human',
}
export const BOB: LocalUser = { ...ALICE, id: '1001', name: 'bob', home: '/home/bob' }
export const DAEMON: LocalUser = { ...ALICE, id: '2', name: 'bin', home: '/bin', kind: 'system' }
const NOBODY: LocalUser = { ...ALICE, id: '65534', name: 'nobody', home: '/nonexistent' }

export const NODE_TITLED_PI: ProcessEntry = {
  pid: 7,
  parentPid: 1,
  startTicks: 70,
  userId: '1000',
  sessionId: 7,
  ttyNumber: 1,
  comm: 'pi',
  executable: '/usr/bin/node',
  argv: ['pi', ''],
}

export function processesOf(...entries: ProcessEntry[]): ProcessTable {
  return {
    bootId: async () => 'boot',
    scan: async () => entries,
    entry: () => undefined,
    environmentNames: async () => undefined,
    surroundings: () => undefined,
  }
}

/** Only `list` and `readText` of files that are given. */
export function systemFilesOf(files: Readonly<Record<string, string>> = {}): TrustedFileReader {
  const absent = (path: string) => new SuretyError('FILE_ABSENT', `${path}: ENOENT`)
  const list = (path: string): readonly DirectoryEntry[] => {
    const below = Object.keys(files).filter((file) => file.startsWith(`${path}/`))
    if (below.length === 0) throw absent(path)
    const names = new Map(
      below.map((file) => file.slice(path.length + 1).split('/')).map(([name = '', ...more]) => [name, more.length]),
    )
    return [...names].map(([name, depth]) => ({ name, kind: depth === 0 ? 'file' : 'directory' }))
  }
  const readText = (path: string) => {
    const text = files[path]
    if (text === undefined) throw absent(path)
    return text
  }
  return {
    list: async (path) => list(path),
    readText: async (path) => readText(path),
    read: async (path) => new TextEncoder().encode(readText(path)),
    realPath: async (path) => path,
    stat: async () => undefined,
  }
}

export function installed(catalogueId: string, user: User): AgentSighting {
  const common = { id: '1'.repeat(32), evidence: [], agentKind: 'cli-agent' }
  return { kind: 'agent', ...common, state: 'installed', name: catalogueId, catalogueId, user }
}

export function homesOf(found: Readonly<Record<string, string>> = {}) {
  const asked: string[] = []
  const profiles: (readonly [user: string, path: string])[] = []
  const reader: HomeReader = {
    async readHome({ user, profiles: named = [] }) {
      asked.push(user.name)
      profiles.push(...named.map(({ path }) => [user.name, path] as const))
      const owner = { id: user.id, name: user.name }
      const entry = found[user.name]
      return {
        sightings: entry === undefined ? [] : [installed(entry, owner)],
        sources: [{ source: 'installed-agents', user: owner, state: 'parsed', items: 0, durationMs: 0 }],
      }
    },
  }
  return { reader, asked, profiles }
}

export function discoveryOf(init: {
  processes?: ProcessTable
  homes?: HomeReader
  files?: TrustedFileReader
  users?: () => Promise<readonly LocalUser[]>
  userId?: string
  events?: ProcessEventSource
  details?: ProcessDetails
  clock?: FakeClock
  log?: Log
}) {
  return createDiscovery(
    {
      processes: init.processes ?? processesOf(),
      homes: init.homes ?? homesOf().reader,
      systemFiles: init.files ?? systemFilesOf(),
      users: { list: init.users ?? (async () => [ROOT, ALICE, BOB, DAEMON, NOBODY]) },
      clock: init.clock ?? new FakeClock(),
      events: init.events,
      details: init.details,
      log: init.log ?? silentLog,
    },
    { catalogue: builtInCatalogue(), userId: init.userId ?? '0' },
  )
}
