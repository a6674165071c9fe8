import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '../files/file-errors.ts'

/**
 * Where a frozen process came from, as the name of the folder that holds it: `@` and the path of its cgroup, `|` for `/`. Users
 * choose names of groups. What has no such name is put back into the nearest group above that has one, never simply at the root:
 * there the limits of the user end.
 */

const MAX_NAME_BYTES = 255
/** In a group that only holds groups, for processes that are put back into it. */
const LEAF = 'surety.released'

/** As `native/linux/addon/freezer/cgroup-origin.c`. @param group begins with `/`. */
export function originName(group: string): string {
  for (let origin = group; ; origin = dirname(origin)) {
    const name = `@${origin.slice(1).replaceAll('/', '|')}`
    if (origin === '/' || (!origin.includes('|') && Buffer.byteLength(name) <= MAX_NAME_BYTES)) return name
  }
}

/** @returns the group that a name says, beginning with `/`. */
export function groupOfOrigin(name: string): string {
  return `/${name.slice(1).replaceAll('|', '/')}`
}

/**
 * Moves a process into `group` below `root`, or into the nearest group above that is left.
 *
 * @returns false when the process has ended.
 * @throws an error of the system when not even the root takes it.
 */
export function putBack(root: string, group: string, pid: number): boolean {
  for (let place = group; ; place = dirname(place)) {
    try {
      moveInto(join(root, place), pid)
      return true
    } catch (error) {
      if (errnoOf(error) === 'ESRCH') return false
      if (place === '/') throw error
    }
  }
}

function moveInto(folder: string, pid: number): void {
  try {
    writeFileSync(join(folder, 'cgroup.procs'), `${pid}`, { flag: 'r+' })
  } catch (error) {
    // A group that controls what its groups may use takes no processes itself; see "No Internal Process Constraint" in cgroup-v2.rst.
    if (errnoOf(error) !== 'EBUSY') throw error
    const leaf = join(folder, LEAF)
    mkdirSync(leaf, { recursive: true })
    writeFileSync(join(leaf, 'cgroup.procs'), `${pid}`, { flag: 'r+' })
  }
}
