import { hash } from 'node:crypto'
import { posix } from 'node:path'
import { SuretyError } from '../base/errors.ts'
import type { SourceReport, User } from '../protocol/sighting.ts'
import type { FileReader } from '../system/files.ts'
import type { LocalMounts } from '../system/local-mounts.ts'
import type { HomeMemory, Looked } from './home-memory.ts'
import { type DiscoveryTask, TASK_SOURCES } from './home-reader.ts'
import type { NamedProfile } from './named-profiles.ts'
import { isLink, outcomeOf } from './source-log.ts'

/**
 * Which of the folders that processes named their person's reader looks at. A process may name any: one that lies elsewhere
 * than in the home is looked at where nothing on the way to it can keep the reader waiting, for with it everything else in that
 * home would go unread. Of each of the others it is told why it was not.
 */

const MAX_PATH = 1024
/** Where everybody may make folders; automation puts its profiles there (Playwright, Puppeteer, geckodriver). */
const TEMPORARY = ['/tmp/', '/var/tmp/'] as const
/** What stands in a name for bytes that are not UTF-8. */
const REPLACED = '\ufffd'

/** Why no folder of profiles can be meant by `path`; undefined for an absolute one without a detour. */
export function misspelt(path: string): SuretyError | undefined {
  if (path.length > MAX_PATH) return new SuretyError('FILE_TOO_LARGE', `its path is longer than ${MAX_PATH} characters`)
  if (path.includes(REPLACED)) return new SuretyError('FILE_UNREADABLE', 'a name in its path is no text')
  const isPlain = path.startsWith('/') && !path.endsWith('/') && posix.normalize(path) === path && !path.includes('\0')
  return isPlain ? undefined : new SuretyError('FILE_UNREADABLE', 'it is not the plain absolute path of a folder')
}

export interface ReachComponents {
  readonly files: Pick<FileReader, 'stat'>
  readonly mounts?: (() => LocalMounts | undefined) | undefined
}

export interface ReachInit {
  readonly user: User
  readonly home: string
  readonly profiles?: readonly NamedProfile[]
}

export interface ProfilesInReach {
  readonly profiles: readonly NamedProfile[]
  /** What became of the others. */
  readonly refused: readonly SourceReport[]
  /** A memory whose looks go nowhere else below these folders than the reader may. */
  within(memory: HomeMemory): HomeMemory
}

/** Of the family that `task` is about. */
export async function profilesInReach(
  { files, mounts }: ReachComponents,
  { user, home, profiles = [] }: ReachInit,
  task: DiscoveryTask,
): Promise<ProfilesInReach> {
  const named = profiles.filter(({ family }) => family === task)
  const isOwn = (path: string) => home !== '/' && (path === home || path.startsWith(`${home}/`))
  const local = named.every(({ path }) => isOwn(path)) ? undefined : mounts?.()
  const read: NamedProfile[] = []
  const refused: SourceReport[] = []
  for (const profile of named) {
    const { path } = profile
    try {
      const fault = misspelt(path)
      if (fault !== undefined) throw fault
      if (!isOwn(path)) requireReach(local, user, path)
      else if (profile.apart === undefined) {
        read.push(profile)
        continue
      }
      const found = await files.stat(path)
      if (found?.kind === 'link') throw isLink(path)
      if (found !== undefined) read.push(profile)
      else if (profile.apart) throw unreadable(path, 'is not there: its process sees other mounts')
    } catch (error) {
      refused.push({ source: TASK_SOURCES[task], path, user, ...outcomeOf(error), items: 0, durationMs: 0 })
    }
  }
  const foreign = read.flatMap(({ path }) => (isOwn(path) ? [] : (local?.below(path) ?? [])))
  const within = (memory: HomeMemory) => {
    if (local === undefined || foreign.length === 0) return memory
    const require = (path: string) => (isOwn(path) ? undefined : requireLocal(local, path))
    return around(memory, { require, mark: hash('sha256', JSON.stringify(foreign), 'hex') })
  }
  return { profiles: read, refused, within }
}

/** @throws `FILE_UNREADABLE` for what must not be touched; nothing of it is. */
function requireReach(local: LocalMounts | undefined, { uid }: User, path: string): void {
  if (local === undefined) throw unreadable(path, 'lies where it cannot be told what is mounted')
  requireLocal(local, path)
  // Root's reader keeps root's rights.
  if (uid === 0 && !TEMPORARY.some((folder) => path.startsWith(folder)))
    throw unreadable(path, 'is not opened with the rights of root')
}

function requireLocal(local: LocalMounts, path: string): void {
  const mount = local.onWayTo(path)
  if (mount !== undefined) throw unreadable(path, `lies on ${mount.type}, which may not answer`)
}

function unreadable(path: string, why: string): SuretyError {
  return new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} ${why}`)
}

interface Around {
  /** Throws for what is not to be asked anything. */
  readonly require: (path: string) => void
  /** Of all that `require` goes by. */
  readonly mark: string
}

/**
 * Looks at nothing that is refused. What is remembered is remembered beside the mark: else a mount that has come since would be
 * asked whether its files are as they were.
 */
function around(memory: HomeMemory, init: Around): HomeMemory {
  return {
    recall: (key, look) => memory.recall(`${key} ${init.mark}`, (looked) => look(lookedAround(looked, init))),
  }
}

function lookedAround(looked: Looked, init: Around): Looked {
  const allowed = (path: string) => {
    init.require(path)
    return path
  }
  const { files } = looked
  return {
    ...around(looked, init),
    files: {
      read: async (path, options) => files.read(allowed(path), options),
      readText: async (path, options) => files.readText(allowed(path), options),
      list: async (path, options) => files.list(allowed(path), options),
      stat: async (path) => files.stat(allowed(path)),
      withRegular: async (path, use) => files.withRegular(allowed(path), use),
    },
  }
}
