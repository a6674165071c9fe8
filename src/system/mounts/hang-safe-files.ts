import { readlinkSync } from 'node:fs'
import { posix } from 'node:path'
import { isWindowsPath, pathKey } from '../../base/absolute-path.ts'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import type { TrustedFileReader } from '../files/files.ts'
import type { HangingMounts } from './mounts.ts'

const MAX_LINKS = 40

/**
 * Reads as `files` does, but nothing below a mount that may never answer: the daemon has one thread and would wait with it. The
 * root of the whole system (`/`) is taken as it is. On Windows the reader itself refuses links.
 *
 * @returns a reader that also throws `FILE_UNREADABLE` for such a path.
 */
export function hangSafeFiles(files: TrustedFileReader, hanging: HangingMounts): TrustedFileReader {
  const guarded =
    <Rest extends readonly unknown[], T>(act: (path: string, ...rest: Rest) => Promise<T>) =>
    async (path: string, ...rest: Rest): Promise<T> => {
      requireAnsweringMount(path, hanging)
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

/** @throws `FILE_UNREADABLE` for a path below a mount that may never answer. */
export function requireAnsweringMount(path: string, hanging: HangingMounts): void {
  const mounts = hanging()
  if (mounts.size > 0 && isWindowsPath(path)) requireAnswerOnDrive(path, mounts)
  else if (mounts.size > 0) requireAnswer(path, mounts)
}

function requireAnswerOnDrive(path: string, mounts: ReadonlyMap<string, string>): void {
  const key = `${pathKey(path)}/`
  const found = [...mounts].find(([mountPoint]) => key.startsWith(pathKey(`${mountPoint}/`)))
  if (found !== undefined) throw mayNotAnswer(path, found[1])
}

function mayNotAnswer(path: string, type: string): SuretyError {
  return new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} lies on ${type}, which may not answer`)
}

/** Follows the links of `path` one by one, and asks for nothing before its mount is known. */
function requireAnswer(path: string, mounts: ReadonlyMap<string, string>): void {
  let at = '/'
  let links = 0
  const names = path.split('/').filter((name) => name !== '')
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = posix.join(at, name)
    const type = mounts.get(next)
    if (type !== undefined) throw mayNotAnswer(path, type)
    const target = linkAt(next)
    if (target === undefined) at = next
    else if (++links > MAX_LINKS) throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)}: a loop of links`)
    else {
      if (target.startsWith('/')) at = '/'
      names.unshift(...target.split('/').filter((part) => part !== ''))
    }
  }
}

/** Undefined where there is no link, or nothing; the read that follows reports the latter. */
function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return undefined
  }
}
