import { Buffer } from 'node:buffer'
import { readlinkSync } from 'node:fs'
import { posix } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import type { TrustedFileReader } from '../files/files.ts'
import { parseMountLines, readMountinfo } from './mountinfo.ts'

/** File systems whose answers come from a network or a program: they may never come, and no signal ends the waiting. */
const MAY_NOT_ANSWER =
  /^(?:nfs4?|cifs|smb3|smbfs|9p|ceph|afs|autofs|glusterfs|lustre|beegfs|orangefs|pvfs2|coda|fuse(?:\..+)?)$/
const MAX_LINKS = 40

/**
 * Reads as `files` does, and nothing below a mount that may not answer: the daemon has one thread, and would wait with it.
 * What a whole system stands on (`/`) is taken as it is.
 *
 * @returns a reader that throws `FILE_UNREADABLE` beside what `files` throws.
 */
export function answeringFiles(files: TrustedFileReader): TrustedFileReader {
  const mountsNow = mountTable()
  const guarded =
    <Rest extends readonly unknown[], T>(act: (path: string, ...rest: Rest) => Promise<T>) =>
    async (path: string, ...rest: Rest): Promise<T> => {
      const mounts = mountsNow()
      if (mounts.size > 0) walk(path, mounts)
      return await act(path, ...rest)
    }
  return {
    read: guarded(files.read),
    readText: guarded(files.readText),
    list: guarded(files.list),
    stat: guarded(files.stat),
    realPath: guarded(files.realPath),
  }
}

/**
 * Where file systems are mounted that may not answer, and their types, as the kernel has it at each call. It is parsed when it
 * has changed: every file that is read asks for it.
 */
export function mountTable(): () => ReadonlyMap<string, string> {
  let text: Uint8Array = new Uint8Array()
  let mounts: ReadonlyMap<string, string> = new Map()
  return () => {
    const now = readMountinfo(text.length)
    if (Buffer.compare(now, text) !== 0) {
      text = now
      mounts = parseMounts(Buffer.from(now).toString('utf8'))
    }
    return mounts
  }
}

/** Where such a file system is mounted, and its type. Of several mounts at one place the last counts. */
export function parseMounts(mountinfo: string): ReadonlyMap<string, string> {
  const mounts = new Map(parseMountLines(mountinfo).map(({ place, type }) => [place, type]))
  return new Map([...mounts].filter(([place, type]) => place !== '/' && MAY_NOT_ANSWER.test(type)))
}

/** Follows the links of `path` one by one, and touches nothing before it is known where it lies. */
function walk(path: string, mounts: ReadonlyMap<string, string>): void {
  let at = '/'
  let links = 0
  const names = path.split('/').filter((name) => name !== '')
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = posix.join(at, name)
    const type = mounts.get(next)
    if (type !== undefined) {
      throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} lies on ${type}, which may not answer`)
    }
    const target = linkAt(next)
    if (target === undefined) at = next
    else if (++links > MAX_LINKS) throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)}: a loop of links`)
    else {
      if (target.startsWith('/')) at = '/'
      names.unshift(...target.split('/').filter((part) => part !== ''))
    }
  }
}

/** Undefined when it is no link, or is not there: whoever reads it will say so. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return undefined
  }
}
