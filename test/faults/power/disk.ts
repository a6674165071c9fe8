import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from './seeded-random.ts'

/** The disk as durable-shim.c leaves it: the live folder, as the processes saw it, and its shadow, what was synced. */
export interface Disk {
  readonly live: string
  readonly shadow: string
}

/** What of the unsynced survives besides: what the system happened to have written back by then. */
export interface Survival {
  readonly random: SeededRandom
  /** Granularity of torn writes: a sector, or a page of the cache. */
  readonly blockBytes: 512 | 4096
  /** Of each changed block, and of each folder whose entries changed. */
  readonly chance: number
}

interface Entry {
  readonly inode: string
  readonly folder: boolean
  readonly mode: number
  readonly name: string
}

/** A disk below `folder`, empty or with what `from` holds, all of it durable. */
export function newDisk(folder: string, from?: string): Disk {
  const disk = { live: from ?? join(folder, 'live'), shadow: join(folder, 'shadow') }
  for (const each of ['contents', 'names']) mkdirSync(join(disk.shadow, each), { recursive: true })
  mkdirSync(disk.live, { recursive: true, mode: 0o700 })
  makeDurable(disk, disk.live)
  return disk
}

function makeDurable({ shadow }: Disk, folder: string): void {
  const entries = entriesOf(folder)
  const lines = entries.map(
    ({ inode, folder: isFolder, mode, name }) => `${inode} ${isFolder ? 'd' : 'f'} ${mode.toString(8)} ${name}\n`,
  )
  writeFileSync(join(shadow, 'names', inodeOf(folder)), lines.join(''))
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.folder) makeDurable({ live: '', shadow }, path)
    else copyFileSync(path, join(shadow, 'contents', entry.inode))
  }
}

/** Writes to `target` what a machine finds on the disk when its power comes back. */
export function afterPowerCut(disk: Disk, target: string, survival?: Survival): string {
  mkdirSync(target, { recursive: true, mode: 0o700 })
  const live = new Map<string, string>()
  indexLive(disk.live, live)
  rebuildFolder({ disk, live, survival }, inodeOf(disk.live), target)
  return target
}

interface Rebuilding {
  readonly disk: Disk
  /** Paths by inode number. */
  readonly live: ReadonlyMap<string, string>
  readonly survival: Survival | undefined
}

function rebuildFolder(rebuilding: Rebuilding, inode: string, target: string): void {
  for (const entry of entriesAfterCut(rebuilding, inode)) {
    const path = join(target, entry.name)
    if (entry.folder) {
      mkdirSync(path)
      rebuildFolder(rebuilding, entry.inode, path)
      chmodSync(path, entry.mode)
    } else {
      rebuildFile(rebuilding, entry, path)
    }
  }
}

/** All changes to the names of a folder are in one entry of the file system's journal: written back together or not. */
function entriesAfterCut({ disk, live, survival }: Rebuilding, inode: string): readonly Entry[] {
  const now = live.get(inode)
  if (now !== undefined && survival?.random.happens(survival.chance)) return entriesOf(now)
  const path = join(disk.shadow, 'names', inode)
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).map(entryOfLine) : []
}

function rebuildFile({ disk, live, survival }: Rebuilding, entry: Entry, path: string): void {
  const kept = join(disk.shadow, 'contents', entry.inode)
  const synced = existsSync(kept) ? readFileSync(kept) : Buffer.alloc(0)
  const now = live.get(entry.inode)
  const bytes = now !== undefined && survival !== undefined ? torn(synced, readFileSync(now), survival) : synced
  writeFileSync(path, bytes)
  chmodSync(path, existsSync(kept) ? statSync(kept).mode & 0o7777 : entry.mode)
}

/** Each block that changed since the sync is the old or the new one; where the file grew over a hole, zeros. */
function torn(synced: Buffer, now: Buffer, { random, blockBytes, chance }: Survival): Buffer {
  const result = Buffer.alloc(Math.max(synced.length, now.length))
  synced.copy(result)
  let size = random.happens(chance) ? Math.min(synced.length, now.length) : synced.length
  for (let at = 0; at < now.length; at += blockBytes) {
    const end = Math.min(at + blockBytes, now.length)
    if (now.subarray(at, end).equals(synced.subarray(at, end)) || !random.happens(chance)) continue
    now.copy(result, at, at, end)
    size = Math.max(size, end)
  }
  return result.subarray(0, size)
}

function indexLive(folder: string, paths: Map<string, string>): void {
  paths.set(inodeOf(folder), folder)
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    if (entry.folder) indexLive(path, paths)
    else paths.set(entry.inode, path)
  }
}

function entriesOf(folder: string): readonly Entry[] {
  return readdirSync(folder).flatMap((name) => {
    const stat = lstatSync(join(folder, name), { bigint: true })
    if (!stat.isFile() && !stat.isDirectory()) return []
    return [{ inode: String(stat.ino), folder: stat.isDirectory(), mode: Number(stat.mode) & 0o7777, name }]
  })
}

function entryOfLine(line: string): Entry {
  const [inode = '', kind, mode = '', ...name] = line.split(' ')
  return { inode, folder: kind === 'd', mode: Number.parseInt(mode, 8), name: name.join(' ') }
}

function inodeOf(path: string): string {
  return String(lstatSync(path, { bigint: true }).ino)
}
