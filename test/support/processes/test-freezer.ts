import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import type { Freezer } from '../../../src/system/freezer/freezer.ts'
import { linuxFreezer } from '../../../src/system/freezer/linux.ts'
import { parseMountinfo } from '../../../src/system/mounts/mountinfo.ts'
import { loadNativeAddon, type NativeAddon } from '../../../src/system/native/native-addon.ts'
import { hasEventFilter } from '../../../src/system/processes/linux/process-events.ts'

const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).mounts
let lastName = 0

/** Where the kernel shows cgroup v2. Undefined where it has none, or we are not root. */
export const CGROUP2 =
  process.getuid?.() === 0
    ? mounts.findLast(({ type, root }) => type === 'cgroup2' && root === '/')?.mountPoint
    : undefined

/** A name that no other test uses. */
export function freezerName(): string {
  return `test-${process.pid}-${++lastName}`
}

/** The real freezer of this machine, with a quarantine of its own. When disposed, everything in it goes on. */
export function testFreezer(
  init: { readonly name?: string; readonly without?: readonly ('cgroup2' | 'cgroup1')[] } = {},
): Freezer & Disposable {
  const addon: NativeAddon = loadNativeAddon()
  const { name = freezerName(), without = [] } = init
  const freezer = linuxFreezer({ addon }, { hasFilter: hasEventFilter(release()), mounts, name, without })
  return Object.assign(freezer, {
    [Symbol.dispose]() {
      for (const agent of freezer.held()) freezer.release(agent, [])
      freezer.close()
    },
  })
}
