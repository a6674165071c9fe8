import { lstatSync, readdirSync, renameSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf } from '../file-errors.ts'

/** Damaged files of our own lie beside their place, `NAME.damaged-TIME`, for a human to look at; a few of each are kept. */

const KEPT_OF_EACH = 3
const DAMAGED = /^(.+)\.damaged-(\d{1,17})(?:-\w+)?$/
/** What a cut inside `writeDurably` leaves behind. */
const UNFINISHED = /^\..+\.[0-9a-f]{16}\.tmp$/
/** More than could ever be ours; what lies beyond waits for the next start. */
const MOST_NAMES = 10_000

/**
 * Puts a damaged file out of the way, with its companions (`-wal` …) if it has any.
 *
 * @returns where it lies now.
 * @throws `STORE_FAILED`: it is still in its place.
 */
export function setAside(
  path: string,
  init: { readonly now: number; readonly companions?: readonly string[] },
): string {
  const aside = `${path}.damaged-${Math.max(0, Math.trunc(init.now))}`
  for (const suffix of ['', ...(init.companions ?? [])]) moveIfPresent(`${path}${suffix}`, `${aside}${suffix}`)
  sweepLeftovers(dirname(path), { only: basename(path) })
  return aside
}

function moveIfPresent(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return
    throw new SuretyError('STORE_FAILED', `cannot put ${JSON.stringify(from)} aside: ${errnoOf(cause)}`, { cause })
  }
}

/**
 * Removes what nobody will ask for again from a folder of our own: unfinished files, and damaged ones beyond the newest
 * few of each. Only plain files and links themselves are removed, nothing is followed, and what cannot be is left.
 *
 * @param options.only looks at the damaged files of this name alone.
 * @returns how many were removed.
 */
export function sweepLeftovers(folder: string, options: { readonly only?: string } = {}): number {
  const names = namesIn(folder)
  const unfinished = options.only === undefined ? names.filter((name) => UNFINISHED.test(name)) : []
  const surplus = surplusOf(names.filter((name) => options.only === undefined || name.startsWith(`${options.only}.`)))
  return [...unfinished, ...surplus].filter((name) => removed(join(folder, name))).length
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).slice(0, MOST_NAMES)
  } catch {
    return []
  }
}

/** All but the newest few of each file; a database and its companions count as one. */
function surplusOf(names: readonly string[]): readonly string[] {
  const damaged = names.flatMap((name) => {
    const [, of = '', time = ''] = DAMAGED.exec(name) ?? []
    return of === '' ? [] : [{ name, of, time: Number(time) }]
  })
  return damaged
    .filter(({ of, time }) => {
      const newer = new Set(damaged.filter((other) => other.of === of && other.time > time).map((other) => other.time))
      return newer.size >= KEPT_OF_EACH
    })
    .map(({ name }) => name)
}

function removed(path: string): boolean {
  try {
    if (lstatSync(path).isDirectory()) return false
    unlinkSync(path)
    return true
  } catch {
    return false
  }
}
