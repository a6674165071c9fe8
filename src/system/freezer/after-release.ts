import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readIfThere } from '../cgroups/cgroup-files.ts'
import type { FrozenProcess, ReleasedProcesses } from './freezer.ts'

/** Milliseconds: the kernel wakes each thread before it says that a group is no longer frozen. */
const WAITS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200]

/** Roots of the hierarchies, where they are mounted. */
export interface CgroupRoots {
  readonly cgroup2?: string | undefined
  readonly cgroup1?: string | undefined
}

/** What became of processes that were let go: looks at the groups that they are in now, which may be those of another daemon. */
export async function afterRelease(
  roots: CgroupRoots,
  processes: readonly FrozenProcess[],
): Promise<ReleasedProcesses> {
  let looked = lookAt(roots, processes)
  for (const waitMs of WAITS) {
    if (looked.frozen.length === 0) break
    await sleep(waitMs)
    const { running, frozen } = lookAt(roots, looked.frozen)
    looked = { running: [...looked.running, ...running], frozen }
  }
  return looked
}

function lookAt(roots: CgroupRoots, processes: readonly FrozenProcess[]): ReleasedProcesses {
  const groups = new Map<string, boolean>()
  const running: FrozenProcess[] = []
  const frozen: FrozenProcess[] = []
  for (const process of processes) {
    if (startTicksOf(process.pid) !== process.startTicks) continue
    const text = readIfThere(`/proc/${process.pid}/cgroup`)
    const isFrozen = groups.get(text) ?? isInFrozenGroup(roots, text)
    groups.set(text, isFrozen)
    if (isFrozen) frozen.push(process)
    else running.push(process)
  }
  return { running, frozen }
}

/** @param text of `/proc/PID/cgroup`. */
function isInFrozenGroup({ cgroup2, cgroup1 }: CgroupRoots, text: string): boolean {
  const inTwo = /^0::(.*)$/m.exec(text)?.[1]
  const inOne = /^\d+:(?:[^:]*,)?freezer(?:,[^:]*)?:(.*)$/m.exec(text)?.[1]
  if (cgroup2 !== undefined && inTwo !== undefined && isFrozenIn2(cgroup2, inTwo)) return true
  return (
    cgroup1 !== undefined && inOne !== undefined && readIfThere(join(cgroup1, inOne, 'freezer.state')).startsWith('FR')
  )
}

/** `frozen 1` means that no thread runs any more. `cgroup.freeze` of the group or one above means that this is about to happen. */
function isFrozenIn2(root: string, group: string): boolean {
  if (/^frozen 1$/m.test(readIfThere(join(root, group, 'cgroup.events')))) return true
  for (let at = group; at !== '/' && at !== '.'; at = dirname(at))
    if (readIfThere(join(root, at, 'cgroup.freeze')).startsWith('1')) return true
  return false
}

/** Field 22 of /proc/PID/stat; undefined for what has ended. The name before it may hold blanks and brackets. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? undefined : Number(fields[18])
  } catch {
    return undefined
  }
}
