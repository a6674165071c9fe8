import { Buffer } from 'node:buffer'
import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../../../../src/system/files/file-errors.ts'
import type { DarwinFilesAddon } from '../../../../src/system/files/foreign/darwin.ts'

const EIO = 5
/** sys/errno.h of macOS. */
const ERRNO: Readonly<Record<string, number>> = { EPERM: 1, ENOENT: 2, EACCES: 13, ENOTDIR: 20, ELOOP: 62 }

/**
 * The calls of the addon of macOS by those of this system: O_NOFOLLOW_ANY is played by looking at each folder on the way.
 *
 * @param init.refused what privacy protection refuses, as it does: with EPERM.
 */
export function fakeDarwinFiles(init: { readonly refused?: (path: string) => boolean } = {}): DarwinFilesAddon {
  const requireNoLink = (path: string) => {
    for (let at = dirname(path); at !== '/'; at = dirname(at)) {
      if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true)
        throw Object.assign(new Error(), { code: 'ELOOP' })
    }
    if (init.refused?.(path) === true) throw Object.assign(new Error(), { code: 'EPERM' })
  }
  const answer = (act: () => number) => {
    try {
      return act()
    } catch (error) {
      return -(ERRNO[errnoOf(error) ?? ''] ?? EIO)
    }
  }
  return {
    fileStat: (path, bytes) =>
      answer(() => {
        requireNoLink(path)
        const { mode, size, uid, gid, mtimeMs } = lstatSync(path)
        new Float64Array(bytes.buffer, bytes.byteOffset).set([mode, size, uid, gid, mtimeMs])
        return 0
      }),
    fileList: (path, bytes) =>
      answer(() => {
        requireNoLink(path)
        const entries = readdirSync(path, { withFileTypes: true }).map((entry) => {
          const type = entry.isDirectory() ? 4 : entry.isFile() ? 8 : entry.isSymbolicLink() ? 10 : 1
          return Buffer.concat([Buffer.from([type]), Buffer.from(`${entry.name}\0`)])
        })
        const dots = ['.', '..'].map((name) => Buffer.concat([Buffer.from([4]), Buffer.from(`${name}\0`)]))
        const all = Buffer.concat([...dots, ...entries])
        if (all.length <= bytes.length) bytes.set(all)
        return all.length
      }),
    fileLink: (path, bytes) =>
      answer(() => {
        requireNoLink(path)
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).write(readlinkSync(path))
      }),
  }
}
