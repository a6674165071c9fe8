import { readlinkSync } from 'node:fs'
import { posix } from 'node:path'
import { SuretyError } from '../base/errors.ts'
import { errnoOf } from './file-errors.ts'
import type { TrustedFileReader } from './files.ts'

/** File systems whose answers come from a network or a program: they may never come, and no signal ends the waiting. */
const MAY_NOT_ANSWER =
  /^(?:nfs4?|cifs|smb3|smbfs|9p|ceph|afs|autofs|glusterfs|lustre|beegfs|orangefs|pvfs2|coda|fuse(?:\..+)?)$/
const MOUNTS_BYTES = 4 * 1024 * 1024
const MAX_LINKS = 40

/**
 * Reads as `files` does, and nothing below a mount that may not answer: the daemon has one thread, and would wait with it.
 * What a whole system stands on (`/`) is taken as it is.
 *
 * @returns a reader that throws `FILE_UNREADABLE` beside what `files` throws.
 */
export function answeringFiles(files: TrustedFileReader): TrustedFileReader {
  const refuse = async (path: string): Promise<void> => {
    const mounts = parseMounts(await files.readText('/proc/self/mountinfo', { maxBytes: MOUNTS_BYTES }))
    if (mounts.size > 0) walk(path, mounts)
  }
  const guarded =
    <Rest extends readonly unknown[], T>(act: (path: string, ...rest: Rest) => Promise<T>) =>
    async (path: string, ...rest: Rest): Promise<T> => {
      await refuse(path)
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

/** Where such a file system is mounted, and its type. Of several mounts at one place the last counts. */
export function parseMounts(mountinfo: string): ReadonlyMap<string, string> {
  const mounts = new Map<string, string>()
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const place = before
      .split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
    if (place !== undefined) mounts.set(place, after.split(' ')[0] ?? '')
  }
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
