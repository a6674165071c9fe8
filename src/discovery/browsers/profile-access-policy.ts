import { hash } from 'node:crypto'
import { posix } from 'node:path'
import { isAbsolutePath, isWindowsPath } from '../../base/absolute-path.ts'
import { SuretyError } from '../../base/errors.ts'
import { isRootId } from '../../base/text/user-id.ts'
import type { SourceReport, User } from '../../protocol/sighting.ts'
import { type FileReader, filesAt } from '../../system/files/files.ts'
import type { LocalMounts } from '../../system/mounts/mounts.ts'
import type { Browser } from '../catalogue/catalogue.ts'
import type { HomeMemory, Looked } from '../files/home-memory.ts'
import { type DiscoveryTask, TASK_SOURCES } from '../files/scan-tasks.ts'
import { outcomeOf } from '../files/source-log.ts'

/**
 * Which of the folders that processes named their person's reader looks at. A process may name any: one that lies elsewhere
 * than in the home is looked at where nothing on the way to it can keep the reader waiting, for with it everything else in that
 * home would go unread. Of each of the others it is told why it was not.
 */

/** A folder of browser profiles that a running process named: the only thing of a command line that is handed on. */
export interface NamedProfile {
  readonly family: Browser['family']
  /** A browser of the catalogue, else the name of the program. */
  readonly product: string
  readonly path: string
  /** Its process sees other mounts than we do: the path need not be ours. */
  readonly apart?: true
}

const MAX_PATH = 1024
/** Where every user may make folders. Automation puts its profiles there (Playwright, Puppeteer, geckodriver). */
const TEMPORARY = ['/tmp/', '/var/tmp/'] as const
/** What is in a name for bytes that are not UTF-8. */
const REPLACED = '\ufffd'

/** Why a folder is not looked at, and what is known to be there and says so: of a command line nothing else is told. */
export class Refusal extends Error {
  readonly code: 'FILE_UNREADABLE' | 'FILE_TOO_LARGE'
  readonly place: string | undefined

  constructor(message: string, { place, code = 'FILE_UNREADABLE' }: Partial<Pick<Refusal, 'place' | 'code'>> = {}) {
    super(message)
    this.code = code
    this.place = place
  }
}

/** Why no folder of profiles can be meant by `path`; undefined for an absolute one without a detour. */
export function misspelt(path: string): Refusal | undefined {
  if (path.length > MAX_PATH)
    return new Refusal(`the path is longer than ${MAX_PATH} characters`, { code: 'FILE_TOO_LARGE' })
  if (path.includes(REPLACED)) return new Refusal('a name in the path is no text')
  const isPlain = isAbsolutePath(path) && !path.endsWith('/') && posix.normalize(path) === path && !path.includes('\0')
  return isPlain ? undefined : new Refusal('not the plain absolute path of a folder')
}

/** One for all that have the same place and reason. */
export function refusedFolders(
  refusals: readonly Refusal[],
): readonly { readonly place: string | undefined; readonly error: SuretyError }[] {
  const groups = Map.groupBy(refusals, ({ message, place }) => JSON.stringify([message, place]))
  return [...groups.values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    const folders = same.length === 1 ? '1 folder' : `${same.length} folders`
    const error = new SuretyError(first.code, `${folders} of profiles that processes named: ${first.message}`)
    return [{ place: first.place, error }]
  })
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
  const refusals: Refusal[] = []
  for (const profile of named) {
    const { path, apart } = profile
    try {
      const fault = misspelt(path)
      if (fault !== undefined) throw fault
      if (!isOwn(path)) requireReach(local, path)
      else if (apart === undefined) {
        read.push(profile)
        continue
      }
      if (await isThere(files, path)) {
        if (!isOwn(path)) requireRights(user, path)
        read.push(profile)
      } else if (apart) throw new Refusal('it is not there: its process sees other mounts')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refusals.push(error)
    }
  }
  const refused = refusedFolders(refusals).map(({ place, error }): SourceReport => {
    const at = place === undefined ? {} : { path: place }
    return { source: TASK_SOURCES[task], ...at, user, ...outcomeOf(error), items: 0, durationMs: 0 }
  })
  const foreign = read.flatMap(({ path }) => (isOwn(path) ? [] : (local?.below(path) ?? [])))
  const within = (memory: HomeMemory) => {
    if (local === undefined || foreign.length === 0) return memory
    const require = (path: string) => (isOwn(path) ? undefined : requireLocal(local, path))
    return around(memory, { require, mark: hash('sha256', JSON.stringify(foreign), 'hex') })
  }
  return { profiles: read, refused, within }
}

/** @throws for what must not be touched; nothing of it is. */
function requireReach(local: LocalMounts | undefined, path: string): void {
  if (local === undefined) throw new Refusal('what is mounted there cannot be known')
  const mount = local.onWayTo(path)
  if (mount !== undefined) throw new Refusal(`on ${mount.type}, which may not answer`, { place: mount.mountPoint })
}

/** Root's reader keeps root's rights. */
function requireRights({ id }: User, path: string): void {
  if (isRootId(id) && !TEMPORARY.some((folder) => path.startsWith(folder)))
    throw new Refusal('not opened with the rights of root', { place: path })
}

/** Checks each folder on the way. @throws at the first that is a link or that cannot be entered. */
async function isThere(files: ReachComponents['files'], path: string): Promise<boolean> {
  let above = isWindowsPath(path) ? path.slice(0, 3) : '/'
  for (let end = path.indexOf('/', above.length); ; end = path.indexOf('/', end + 1)) {
    const at = end === -1 ? path : path.slice(0, end)
    const place = above
    const found = await files.stat(at).catch(() => {
      throw new Refusal('behind what this person may not pass', { place })
    })
    if (found === undefined) return false
    if (found.kind === 'link') throw new Refusal('behind a link', { place: at })
    if (end === -1) return true
    above = at
  }
}

function requireLocal(local: LocalMounts, path: string): void {
  const mount = local.onWayTo(path)
  if (mount === undefined) return
  throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} lies on ${mount.type}, which may not answer`)
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
    files: filesAt(files, allowed),
  }
}
