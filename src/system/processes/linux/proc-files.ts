import { Buffer } from 'node:buffer'
import { closeSync, constants, opendirSync, openSync, readlinkSync, readSync } from 'node:fs'
import type { ProcessName } from '../process-details.ts'
import { parseStat } from './process-table.ts'

/**
 * Only files of /proc that the kernel answers without the process: neither its memory nor a file system it could hold back
 * is touched, so that nothing here can be made to wait.
 */

const SMALL_BYTES = 16 * 1024
/** Of all processes that are asked for at once. A millisecond for some 200. */
export const MAX_DESCRIPTORS = 8_192

/** Runs `look` while the process is the one that is meant: its `stat` cannot be read once it has ended. */
export function whileItIs<T>({ pid, startTicks }: ProcessName, look: () => T): T | undefined {
  let stat: number | undefined
  try {
    stat = openSync(`/proc/${pid}/stat`, constants.O_RDONLY)
    const buffer = Buffer.allocUnsafe(4096)
    const fields = parseStat(buffer.toString('latin1', 0, readSync(stat, buffer, 0, 4096, 0)))
    if (fields?.startTicks !== startTicks) return undefined
    const found = look()
    readSync(stat, buffer, 0, 1, 0)
    return found
  } catch {
    return undefined
  } finally {
    if (stat !== undefined) closeSync(stat)
  }
}

/** Most programs have no more. */
const FEW_DESCRIPTORS = 64

/** How many of one process to look at, of those that are left for it and the others behind it. Who has few leaves the rest to them. */
export function shareOf(left: number, processCount: number): number {
  return Math.min(left, Math.max(FEW_DESCRIPTORS, Math.ceil(left / processCount)))
}

/** What the descriptors of a process lead to. */
export function* descriptors(pid: number, most: number): Generator<string> {
  const folder = opendirSync(`/proc/${pid}/fd`, { bufferSize: 64 })
  try {
    for (let count = 0; count < most; count++) {
      const entry = folder.readSync()
      if (entry === null) return
      const target = link(`/proc/${pid}/fd/${entry.name}`)
      if (target !== undefined) yield target
    }
  } finally {
    folder.closeSync()
  }
}

export function link(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** The beginning of a file of the kernel's. */
export function read(path: string, maxBytes = SMALL_BYTES): string | undefined {
  try {
    const parts = [...partsOf(path, maxBytes)]
    return (parts.length === 1 ? parts[0] : Buffer.concat(parts))?.toString('utf8')
  } catch {
    return undefined
  }
}

/** Comes a page at a time, and never in one piece: what is large and short-lived tears holes into the heap. */
export function* partsOf(path: string, maxBytes: number): Generator<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    for (let left = maxBytes; left > 0; ) {
      const part = Buffer.allocUnsafe(Math.min(left, SMALL_BYTES))
      let filled = 0
      for (let got = -1; got !== 0 && filled < part.length; filled += got) {
        got = readSync(fd, part, filled, part.length - filled, null)
      }
      yield part.subarray(0, filled)
      if (filled < part.length) return
      left -= filled
    }
  } finally {
    closeSync(fd)
  }
}
