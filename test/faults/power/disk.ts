import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type FileContents, tornContents, wholeContents } from './file-contents.ts'
import type { DiskChange } from './recording.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * A disk that keeps what was synced. Stricter than ext4, as POSIX allows: a sync of a file does not make its name
 * durable, neither when it was created nor when it was renamed, and a new folder is lost with all that is in it unless
 * the folder above it was synced.
 */
export interface Disk {
  apply(change: DiskChange): void
  /** Writes to `target`, a new folder, what a machine finds on the disk when its power comes back. @returns `target` */
  afterPowerCut(target: string, survival?: Survival): string
  /** How what the programs see by now differs from what `folder` holds: nothing, if all changes were told. */
  differences(folder: string): string[]
}

/** What of the unsynced survives besides: what the system happened to have written back by then. */
export interface Survival {
  readonly random: SeededRandom
  /** Granularity of torn writes: a sector, or a page of the cache. */
  readonly blockBytes: 512 | 4096
  /** Of the last state of each changed block, and of each folder whose entries changed; else it is one before it. */
  readonly chance: number
}

interface File {
  readonly contents: FileContents
  mode: number
  syncedMode: number
}

interface Folder {
  /** As of the last sync, and after each change since. All in one entry of the journal: written back together or not. */
  versions: Names[]
  mode: number
  syncedMode: number
}

type Entry = File | Folder
type Names = ReadonlyMap<string, Entry>

/** A disk with what `folder` holds, all of it durable. */
export function diskOf(folder: string): Disk {
  const inodes = new Map<string, Entry>()
  const root = readFolder(folder, inodes)
  return {
    apply: (change) => apply({ inodes, root }, change),
    afterPowerCut(target, survival) {
      writeFolder(root, target, survival)
      return target
    },
    differences: (path) => folderDifferences(root, path),
  }
}

function readFolder(path: string, inodes: Map<string, Entry>): Folder {
  const names = new Map<string, Entry>()
  const { ino, mode } = lstatSync(path, { bigint: true })
  for (const name of readdirSync(path)) {
    const below = join(path, name)
    const status = lstatSync(below, { bigint: true })
    if (status.isDirectory()) names.set(name, readFolder(below, inodes))
    else {
      const file = newFile(name, Number(status.mode) & 0o7777, readFileSync(below))
      inodes.set(String(status.ino), file)
      names.set(name, file)
    }
  }
  const folder = { ...newFolder(Number(mode) & 0o7777), versions: [names] }
  inodes.set(String(ino), folder)
  return folder
}

function newFile(name: string, mode: number, synced = Buffer.alloc(0)): File {
  // SQLite maps it into memory, where nobody sees what it writes, and makes it anew after a power cut.
  const unknown = name.endsWith('-shm')
  return { contents: { synced: unknown ? Buffer.alloc(0) : synced, changes: [], unknown }, mode, syncedMode: mode }
}

function newFolder(mode: number): Folder {
  return { versions: [new Map()], mode, syncedMode: mode }
}

// --- While there is power ---

interface Tree {
  readonly inodes: Map<string, Entry>
  readonly root: Folder
}

function apply(tree: Tree, change: DiskChange): void {
  switch (change.kind) {
    case 'create':
    case 'mkdir':
      make(tree, change)
      break
    case 'write':
    case 'truncate':
      fileOf(tree, change.inode).contents.changes.push(change)
      break
    case 'mode':
      entryOf(tree, change.inode).mode = change.mode
      break
    case 'sync':
      sync(entryOf(tree, change.inode))
      break
    case 'rename':
      name(tree, change.path, find(tree, change.from))
      name(tree, change.from, undefined)
      break
    case 'link':
      name(tree, change.path, find(tree, change.from))
      break
    case 'unlink':
    case 'rmdir':
      name(tree, change.path, undefined)
      break
    default:
      change satisfies never
  }
}

function make(tree: Tree, { kind, inode, path, mode }: { kind: string; inode: string; path: string; mode: number }) {
  const entry = kind === 'create' ? newFile(basename(path), mode) : newFolder(mode)
  tree.inodes.set(inode, entry)
  name(tree, path, entry)
}

function sync(entry: Entry): void {
  entry.syncedMode = entry.mode
  if ('versions' in entry) entry.versions = [lastOf(entry.versions)]
  else {
    const { contents } = entry
    contents.synced = wholeContents(contents)
    contents.changes = []
  }
}

function name({ root }: Tree, path: string, entry: Entry | undefined): void {
  const folder = find({ root }, dirname(path))
  if (!('versions' in folder)) throw new TypeError(`no folder: ${path}`)
  const names = new Map(lastOf(folder.versions))
  if (entry === undefined) names.delete(basename(path))
  else names.set(basename(path), entry)
  folder.versions.push(names)
}

function find({ root }: Pick<Tree, 'root'>, path: string): Entry {
  let entry: Entry | undefined = root
  for (const each of path.split('/').filter(Boolean)) {
    entry = entry !== undefined && 'versions' in entry ? lastOf(entry.versions).get(each) : undefined
  }
  if (entry === undefined) throw new TypeError(`nobody made ${path}`)
  return entry
}

function entryOf({ inodes }: Tree, inode: string): Entry {
  const entry = inodes.get(inode)
  if (entry === undefined) throw new TypeError(`nobody made inode ${inode}`)
  return entry
}

function fileOf(tree: Tree, inode: string): File {
  const entry = entryOf(tree, inode)
  if ('versions' in entry) throw new TypeError(`inode ${inode} is a folder`)
  return entry
}

function lastOf(versions: readonly Names[]): Names {
  // There always is one: that which was synced.
  return versions[versions.length - 1] as Names
}

// --- After the power cut ---

function writeFolder(folder: Folder, target: string, survival: Survival | undefined): void {
  mkdirSync(target, { recursive: true, mode: 0o700 })
  for (const [each, entry] of namesAfterCut(folder.versions, survival)) {
    const path = join(target, each)
    if ('versions' in entry) writeFolder(entry, path, survival)
    else writeFileSync(path, survival === undefined ? entry.contents.synced : tornContents(entry.contents, survival))
    chmodSync(path, survival?.random.happens(survival.chance) ? entry.mode : entry.syncedMode)
  }
}

function namesAfterCut(versions: readonly Names[], survival: Survival | undefined): Names {
  const whole = survival?.random.happens(survival.chance) ?? false
  return lastOf(whole ? versions : versions.slice(0, 1 + (survival?.random.below(versions.length) ?? 0)))
}

function folderDifferences(folder: Folder, path: string): string[] {
  const names = lastOf(folder.versions)
  const there = new Set(readdirSync(path))
  const missing = [...names.keys()].filter((each) => !there.has(each)).map((each) => `not there: ${join(path, each)}`)
  return [...missing, ...[...there].flatMap((each) => entryDifferences(names.get(each), join(path, each)))]
}

function entryDifferences(entry: Entry | undefined, path: string): string[] {
  if (entry === undefined) return [`not recorded: ${path}`]
  const status = lstatSync(path)
  if (status.isDirectory() !== 'versions' in entry) return [`of another kind: ${path}`]
  const other = (status.mode & 0o7777) === entry.mode ? [] : [`of another mode: ${path}`]
  if ('versions' in entry) return [...other, ...folderDifferences(entry, path)]
  if (entry.contents.unknown || readFileSync(path).equals(wholeContents(entry.contents))) return other
  return [...other, `of other contents: ${path}`]
}
