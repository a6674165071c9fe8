import { Buffer } from 'node:buffer'
import type { Login } from '../process-details.ts'

/** struct utmpx; see utmpx(5) and Libc's include/utmpx.h. */
export const LOGIN_BYTES = 640
const LINE = 260
const LINE_BYTES = 32
const PID = 292
const TYPE = 296
const HOST = 320
const HOST_BYTES = 256
const USER_PROCESS = 7

/**
 * The people who are logged in.
 *
 * @param ownerOf the user id of a device below /dev/; undefined where there is none. A record names its user by text alone, which a
 * directory service would have to look up.
 */
export function parseLogins(bytes: Uint8Array, ownerOf: (line: string) => string | undefined): readonly Login[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const logins: Login[] = []
  for (let at = 0; at + LOGIN_BYTES <= bytes.length; at += LOGIN_BYTES) {
    const line = textAt(bytes, at + LINE, LINE_BYTES)
    if (view.getInt16(at + TYPE, true) !== USER_PROCESS || !/^[a-z0-9]{1,31}$/.test(line)) continue
    const userId = ownerOf(line)
    if (userId === undefined) continue
    const isRemote = textAt(bytes, at + HOST, HOST_BYTES) !== ''
    const isConsole = line === 'console'
    logins.push({
      userId,
      session: String(view.getInt32(at + PID, true)),
      kind: isConsole ? 'graphical' : isRemote ? 'remote' : 'terminal',
      tty: isConsole ? undefined : line,
    })
  }
  return logins
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return Buffer.from(field.subarray(0, end === -1 ? length : end)).toString('utf8')
}
