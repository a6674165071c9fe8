import { Buffer } from 'node:buffer'
import { closeSync, constants, openSync } from 'node:fs'
import { SuretyError } from '../../base/errors.ts'
import { readBounded } from '../files/bounded-read.ts'
import { fileError } from '../files/file-errors.ts'
import { factsOf } from './file-system-types.ts'
import { type Mount, parseMountinfo } from './mountinfo.ts'
import type { ForeignMount, HangingMounts, LocalMounts, Mounts } from './mounts.ts'

const MOUNTS_PATH = '/proc/self/mountinfo'
const MOUNTS_BYTES = 4 * 1024 * 1024

export function linuxMounts(): Mounts {
  return {
    hanging: hangingMounts(),
    local: () => unlessUnreadable(() => localMounts(readMountinfo())),
    userServed: () => unlessUnreadable(() => userServedMounts(readMountinfo())) ?? [],
  }
}

function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SuretyError) return undefined
    throw error
  }
}

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

/** Parses the list only when it has changed: it is needed for each file that is read. */
function hangingMounts(): HangingMounts {
  let text: Uint8Array = new Uint8Array()
  let mounts: ReadonlyMap<string, string> = new Map()
  return () => {
    const now = readMountinfo(text.length)
    if (Buffer.compare(now, text) !== 0) {
      text = now
      mounts = hangingMountsIn(Buffer.from(now).toString('utf8'))
    }
    return mounts
  }
}

/** See `HangingMounts`. */
export function hangingMountsIn(mountinfo: string): ReadonlyMap<string, string> {
  const types = new Map(parseMountinfo(mountinfo).mounts.map(({ mountPoint, type }) => [mountPoint, type]))
  return new Map([...types].filter(([mountPoint, type]) => mountPoint !== '/' && factsOf(type).hangs === true))
}

/** Undefined when no mount can be the root. */
export function localMounts(mountinfo: Uint8Array): LocalMounts | undefined {
  const mounts = mountsIn(mountinfo)
  const roots = mounts.filter(({ mountPoint }) => mountPoint === '/')
  // The first mount may be its own parent.
  const root = roots.find(({ id, parent }) => id === parent || !roots.some((other) => other.id === parent))
  if (root === undefined) return undefined
  const above = mounts.filter((mount) => mount !== root)
  const mountedOn = new Map(above.map((mount) => [`${mount.parent} ${mount.mountPoint}`, mount]))
  const topAt = (point: string, under: Mount) => {
    let top = under
    for (;;) {
      const next = mountedOn.get(`${top.id} ${point}`)
      if (next === undefined) return top
      top = next
    }
  }
  return {
    onWayTo(path) {
      let at = topAt('/', root)
      let point = ''
      for (const name of toBytes(path).split('/').slice(1)) {
        point += `/${name}`
        const top = topAt(point, at)
        if (top !== at && !isLocal(top)) return foreign(top)
        at = top
      }
      return undefined
    },
    below(path) {
      const start = `${toBytes(path)}/`
      const found = mounts.filter((mount) => mount.mountPoint.startsWith(start) && !isLocal(mount))
      return found.map(foreign).sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1))
    },
  }
}

/**
 * FUSE mounts of users other than root, by the option `user_id` of mount.fuse(8). Any user may mount one in their home. One that does not
 * answer would end the scan of the whole home.
 */
export function userServedMounts(mountinfo: Uint8Array): readonly ForeignMount[] {
  return mountsIn(mountinfo)
    .filter(({ type, superOptions }) => /^fuse(\.|$)/.test(type) && /(?:^|,)user_id=[1-9]/.test(superOptions))
    .map(foreign)
}

function isLocal({ type }: Mount): boolean {
  return factsOf(type).hangs === false
}

function mountsIn(mountinfo: Uint8Array): readonly Mount[] {
  return parseMountinfo(Buffer.from(mountinfo).toString('latin1')).mounts
}

/** One character for each byte, as `mountsIn` decodes names. */
function toBytes(path: string): string {
  return Buffer.from(path).toString('latin1')
}

function foreign({ mountPoint, type }: Mount): ForeignMount {
  return { mountPoint: Buffer.from(mountPoint, 'latin1').toString('utf8'), type }
}
