import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { isAbsolutePath } from '../../src/base/absolute-path.ts'
import type { Mounts } from '../../src/system/mounts/mounts.ts'

/** What every list of mounts keeps to, whatever is mounted. Free of Jest, so that Wine can run it. */

export interface MountsUnderTest {
  readonly mounts: Mounts
  /** A folder on a local disk. */
  readonly localFolder: string
  /** A folder that may never answer, and what is mounted there. Absent where this device has none. */
  readonly foreign?: { readonly mountPoint: string; readonly type: string } | undefined
}

export interface MountsCheck {
  readonly name: string
  run(underTest: MountsUnderTest): Promise<void>
}

function check(name: string, work: (underTest: MountsUnderTest) => void): MountsCheck {
  return { name, run: async (underTest) => work(underTest) }
}

export const MOUNTS_CHECKS: readonly MountsCheck[] = [
  check('nothing foreign is on the way to a folder on a local disk', ({ mounts, localFolder }) => {
    const local = mounts.local()
    notEqual(local, undefined)
    equal(local?.onWayTo(localFolder), undefined)
    equal(local?.onWayTo(`${localFolder}/not/there`), undefined)
  }),
  check('mounts that may hang are absolute and have a type', ({ mounts }) => {
    for (const [point, type] of mounts.hanging()) ok(isAbsolutePath(`${point}/`) && type !== '')
  }),
  check('a foreign mount that is there is one that may hang', ({ mounts, foreign }) => {
    if (foreign !== undefined) equal(mounts.hanging().get(foreign.mountPoint), foreign.type)
  }),
  check('a foreign mount is on the way to all that lies on it, and to nothing beside it', ({ mounts, foreign }) => {
    if (foreign === undefined) return
    const { mountPoint } = foreign
    deepEqual(mounts.local()?.onWayTo(mountPoint), foreign)
    deepEqual(mounts.local()?.onWayTo(`${mountPoint}/deep/below`), foreign)
    equal(mounts.local()?.onWayTo(`${mountPoint}x/beside`)?.mountPoint === mountPoint, false)
    equal(mounts.local()?.below(mountPoint).length, 0)
  }),
  check('what users serve is foreign too', ({ mounts }) => {
    for (const mount of mounts.userServed()) deepEqual(mounts.local()?.onWayTo(mount.mountPoint), mount)
  }),
]
