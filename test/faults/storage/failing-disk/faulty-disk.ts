import { existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

/** The rules of fault-shim.c, changed while the program runs. */
export interface FaultyDisk {
  /** For the environment of the program. */
  readonly env: Readonly<Record<string, string>>
  set(...rules: readonly Rule[]): void
  /** What the program did on the paths it is watched for, in order. */
  calls(): readonly Call[]
}

export type Kind = 'open' | 'look' | 'list' | 'read' | 'write' | 'sync' | 'rename' | 'unlink' | 'mkdir'
export type Rule = readonly [kind: Kind, word: string, error: 'EIO' | 'ENOSPC' | 'EROFS', first?: number]

export interface Call {
  readonly kind: Kind
  readonly fd: number
  readonly failed: boolean
  readonly path: string
}

const RULES_SIZE = 4096

/** @param watched what the paths of interest have in common. */
export function faultyDisk(shim: string, folder: string, watched: string): FaultyDisk {
  const rules = join(folder, 'fault-rules')
  const trace = join(folder, 'fault-trace')
  writeFileSync(rules, Buffer.alloc(RULES_SIZE))
  const fd = openSync(rules, 'r+')
  return {
    env: { LD_PRELOAD: shim, FAULT_RULES: rules, FAULT_TRACE: trace, FAULT_WATCH: watched },
    set(...wanted) {
      const lines = wanted.map(
        ([kind, word, error, first = 1]) => `${kind} ${word} ${constants.errno[error]} ${first}\n`,
      )
      const bytes = Buffer.alloc(RULES_SIZE)
      bytes.write(lines.join(''))
      writeSync(fd, bytes, 0, RULES_SIZE, 0)
    },
    calls() {
      if (!existsSync(trace)) return []
      return readFileSync(trace, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const [kind, fdText, error, ...path] = line.split(' ')
          // Written by our own shim.
          return { kind: kind as Kind, fd: Number(fdText), failed: error !== '0', path: path.join(' ') }
        })
    },
  }
}

const CHANGES: readonly Kind[] = ['write', 'sync', 'rename', 'unlink']
/** A database or its log. Its other companions do not count: memory, and the journal of one that is empty and being made. */
const DATABASE = /^(.*\.(?:db|sqlite))(?:-wal)?$/

/**
 * What was done to a descriptor whose sync had failed, or to that database or its log by any other way before it was opened
 * anew: the system has let go of the pages it could not write and calls the next sync a success, so nothing may be built
 * on it any more.
 */
export function touchedAfterFailedSync(calls: readonly Call[]): readonly Call[] {
  const descriptors = new Set<number>()
  const databases = new Set<string>()
  return calls.filter(({ kind, fd, failed, path }) => {
    const database = DATABASE.exec(path)?.[1] ?? ''
    if (kind === 'open' || kind === 'look') descriptors.delete(fd)
    if (kind === 'open' && !failed && path === database) databases.delete(database)
    if (!CHANGES.includes(kind)) return false
    const touched = descriptors.has(fd) || databases.has(database)
    if (kind === 'sync' && failed) {
      descriptors.add(fd)
      if (database !== '') databases.add(database)
    }
    return touched
  })
}
