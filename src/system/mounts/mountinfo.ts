import { closeSync, constants, openSync } from 'node:fs'
import { SuretyError } from '../../base/errors.ts'
import { readBounded } from '../files/bounded-read.ts'
import { fileError } from '../files/file-errors.ts'

/** What is mounted, as this process sees it. See proc_pid_mountinfo(5). */

const MOUNTS_PATH = '/proc/self/mountinfo'
const MOUNTS_BYTES = 4 * 1024 * 1024

/** @throws `FILE_UNREADABLE`. */
export function readMountinfo(expectedBytes = 0): Uint8Array {
  let fd: number
  try {
    fd = openSync(MOUNTS_PATH, constants.O_RDONLY)
  } catch (cause) {
    throw fileError(cause, MOUNTS_PATH)
  }
  try {
    const bytes = readBounded(fd, { maxBytes: MOUNTS_BYTES, expectedBytes })
    if (bytes === undefined) throw new SuretyError('FILE_UNREADABLE', `${MOUNTS_PATH}: more than ${MOUNTS_BYTES} bytes`)
    return bytes
  } finally {
    closeSync(fd)
  }
}

export interface MountLine {
  readonly id: string
  /** The mount that it lies on. */
  readonly parent: string
  readonly place: string
  readonly type: string
  /** Of the file system itself, with commas between them. */
  readonly options: string
}

/** Lines that are none are passed over. */
export function parseMountLines(text: string): MountLine[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [id = '', parent = '', , , place] = before.split(' ')
    const [type = '', , options = ''] = after.split(' ')
    return place === undefined ? [] : [{ id, parent, place: unescaped(place), type, options }]
  })
}

/** A blank is written as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
}
