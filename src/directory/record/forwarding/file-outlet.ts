import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { utf8 } from '../../../base/bytes.ts'
import { describeError, SuretyError } from '../../../base/errors.ts'
import { syncFolder } from '../../../system/files/own/durable-folder.ts'
import { requireOwnFile } from '../../../system/files/own/own-file.ts'
import type { Forwarded, Outlet } from './outlet.ts'

const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants
/** A line is shorter. */
const MOST_LINE_BYTES = 1024 * 1024
const NEWLINE = 10
const BRACE = 0x7b

/** JSON Lines in a file that is opened for each batch, so that it may be rotated by renaming. */
export function fileOutlet({ name, path }: { readonly name: string; readonly path: string }): Outlet {
  return {
    name,
    kind: 'file',
    target: path,
    async send(entries) {
      try {
        await append(path, entries)
        return { delivered: true }
      } catch (error) {
        return { delivered: false, problem: describeError(error).slice(0, 500) }
      }
    },
  }
}

async function append(path: string, entries: readonly Forwarded[]): Promise<void> {
  const file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  try {
    requireOwnFile(path, await file.stat())
    const { size } = await file.stat()
    const whole = await wholeLines(file, { size, path })
    if (whole < size) await file.truncate(whole)
    try {
      await file.appendFile(utf8(entries.map(({ json }) => `${json}\n`).join('')))
      await file.datasync()
    } catch (error) {
      await file.truncate(whole)
      throw error
    }
    if (size === 0) await syncFolder(dirname(path))
  } finally {
    await file.close()
  }
}

/** The length up to the last newline: a power cut may leave half a line, which is sent again. @throws `STORE_CORRUPT`. */
async function wholeLines(
  file: FileHandle,
  { size, path }: { readonly size: number; readonly path: string },
): Promise<number> {
  const tail = new Uint8Array(Math.min(size, MOST_LINE_BYTES))
  const from = size - tail.length
  await file.read(tail, 0, tail.length, from)
  const end = tail.lastIndexOf(NEWLINE) + 1
  const isOurs = end === tail.length || tail[end] === BRACE
  if (isOurs && (end > 0 || from === 0)) return from + end
  throw new SuretyError(
    'STORE_CORRUPT',
    `${JSON.stringify(path)} has other content than lines of JSON: name a new file`,
  )
}
