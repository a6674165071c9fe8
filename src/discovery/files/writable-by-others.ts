import { isRootId } from '../../base/text/user-id.ts'
import type { FileStat } from '../../system/files/files.ts'
import { folderOf } from './plain-path.ts'

export interface WritableByOthersComponents {
  /** Undefined where nothing lies. What it throws means that it cannot be known, and counts for nothing. */
  readonly stat: (path: string) => Promise<FileStat | undefined>
}

export interface WritableByOthersInit {
  /** Whose files they should be; root's when undefined. */
  readonly ownerId: string | undefined
  /** What lies around it is the machine's: nothing above it is looked at. */
  readonly home?: string | undefined
}

/** Whether a user other than its owner and root could change the file at `path`, replace it, or create it. */
export type WritableByOthers = (path: string) => Promise<boolean>

/**
 * Asks the file and every folder above it, up to the home or the root: who may write to a folder can put another one in the
 * place of any folder in it. Each folder is asked once, whatever lies in it.
 */
export function openWritableByOthers(
  { stat }: WritableByOthersComponents,
  { ownerId, home }: WritableByOthersInit,
): WritableByOthers {
  const known = new Map<string, Promise<boolean>>()
  const at = (place: string) => stat(place).catch((): typeof UNKNOWN => UNKNOWN)
  const isOpen = async (place: string, isFolder: boolean) => {
    const found = await at(place)
    // Of a link nothing is told but where it leads: who may put another one there, its folder says.
    if (found === UNKNOWN || found?.kind === 'link') return false
    return found === undefined ? await isFree(place) : isOpenToOthers(found, ownerId, isFolder)
  }
  /** Every user may create missing files there, in a sticky folder too. */
  const isFree = async (place: string) => {
    const folder = await at(folderOf(place))
    return folder !== UNKNOWN && folder?.kind === 'directory' && (folder.mode & OTHERS_WRITE) !== 0
  }
  const isFolderOpen = (folder: string): Promise<boolean> => {
    const answer = known.get(folder) ?? folderNow(folder)
    known.set(folder, answer)
    return answer
  }
  const folderNow = async (folder: string): Promise<boolean> =>
    (await isOpen(folder, true)) ||
    (folderOf(folder) !== folder && folder !== home && (await isFolderOpen(folderOf(folder))))
  return async (path) => (await isOpen(path, false)) || (await isFolderOpen(folderOf(path)))
}

/**
 * Of a group nothing is known here but its number: one that is numbered as the owner is taken for theirs alone, as most
 * systems make one for each person; root's is root's. Where a list of access rights lets single people write, the bits of the group
 * say so too, and where that group is the owner's own it stays unseen.
 */
function isOpenToOthers({ owner, group, mode }: FileStat, ownerId: string | undefined, isFolder: boolean): boolean {
  if (!isRootId(owner) && owner !== ownerId) return true
  // In a sticky folder only the owner of an entry can move it, and the entry itself is checked for its owner.
  if (isFolder && (mode & STICKY) !== 0) return false
  return (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITE) !== 0 && group !== owner && group !== ownerId)
}

const UNKNOWN = 'unknown'
const STICKY = 0o1000
const GROUP_WRITE = 0o020
const OTHERS_WRITE = 0o002
