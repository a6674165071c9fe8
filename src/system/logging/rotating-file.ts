import { closeSync, constants, fstatSync, lstatSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'
import { errnoOf } from '../files/file-errors.ts'
import { requireOwnFile } from '../files/own/own-file.ts'
import { requireClosedParents, requirePrivateFolder } from '../files/own/private-folder.ts'
import { ownRights } from '../files/this-system.ts'

export interface RotatingFileInit {
  readonly path: string
  readonly maxBytes: number
  /** With the one that is written to: `x.log`, `x.log.1` … */
  readonly maxFiles: number
  /** Gets what the file cannot take: the disk is full, the folder is gone. */
  readonly fallback: { write(chunk: Uint8Array): unknown }
}

/**
 * A file of lines that is put aside before it grows past `maxBytes`. A line is with the kernel when `write` returns:
 * winston's own file transport loses every line that comes while it opens a file (tried with 3.19, 1000 lines at once).
 *
 * @throws `STORE_FAILED` where another user could have placed one of the files, or can write to it or replace it.
 */
export function rotatingFile(init: RotatingFileInit): Writable {
  requireOwnLog(init)
  let file: OpenLog | undefined
  const close = () => {
    const closing = file
    file = undefined
    if (closing !== undefined) closeSync(closing.fd)
  }
  const closeQuietly = () => {
    try {
      close()
    } catch {
      // It is let go of all the same.
    }
  }
  const append = (line: Uint8Array) => {
    file ??= openLog(init)
    if (file.size > 0 && file.size + line.length > init.maxBytes) {
      close()
      putAside(init)
      file = openLog(init)
    }
    // A disk that is nearly full takes a part: what remains is tried until it says no.
    for (let from = 0; from < line.length; ) {
      const written = writeSync(file.fd, line, from)
      file.size += written
      from += written
    }
  }
  return new Writable({
    decodeStrings: true,
    write(line: Uint8Array, _encoding, done) {
      try {
        append(line)
      } catch {
        // Opened again for the next line: the disk may be another by then.
        closeQuietly()
        init.fallback.write(line)
      }
      done()
    },
    destroy(error, done) {
      close()
      done(error)
    },
  })
}

function nameOf({ path }: Pick<RotatingFileInit, 'path'>, age: number): string {
  return age === 0 ? path : `${path}.${age}`
}

/** @throws `STORE_FAILED`, as `rotatingFile`. Nothing is opened or made. */
export function requireOwnLog(init: Pick<RotatingFileInit, 'path' | 'maxFiles'>): void {
  // Each open refuses a link and a file that is not ours, so a member of a system group can stop the log but not read it.
  const options = { mayBeOfSystemGroup: true }
  requirePrivateFolder(dirname(init.path), options)
  requireClosedParents(init.path, 'log file', options)
  for (let age = 0; age < Math.max(1, init.maxFiles); age++) {
    const path = nameOf(init, age)
    const stat = lstatSync(path, { throwIfNoEntry: false })
    // Any user who can enter the folder may be able to link our file to elsewhere, and must not stop us by that.
    if (stat !== undefined) requireOwnFile(path, stat, { mayHaveSecondName: true })
  }
}

interface OpenLog {
  readonly fd: number
  size: number
}

/** A file with a second name is put aside: it may be a file of root's that another user linked here. */
function openLog(init: RotatingFileInit): OpenLog {
  if ((lstatSync(init.path, { throwIfNoEntry: false })?.nlink ?? 0) > 1) putAside(init)
  return openAt(init.path)
}

function openAt(path: string): OpenLog {
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const fd = openSync(path, flags, 0o600)
  try {
    const stat = fstatSync(fd)
    requireOwnFile(path, stat)
    ownRights().closeFile(path, fd)
    return { fd, size: stat.size }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function putAside(init: RotatingFileInit): void {
  if (init.maxFiles <= 1) unlessAbsent(() => unlinkSync(init.path))
  for (let age = init.maxFiles - 1; age > 0; age--) {
    unlessAbsent(() => renameSync(nameOf(init, age - 1), nameOf(init, age)))
  }
}

function unlessAbsent(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}
