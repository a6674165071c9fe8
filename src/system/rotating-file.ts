import { closeSync, constants, fchmodSync, fstatSync, openSync, renameSync, truncateSync, writeSync } from 'node:fs'
import { Writable } from 'node:stream'
import { errnoOf } from './file-errors.ts'

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
 */
export function rotatingFile(init: RotatingFileInit): Writable {
  let file: { readonly fd: number; size: number } | undefined
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
    file ??= openLog(init.path)
    if (file.size > 0 && file.size + line.length > init.maxBytes) {
      close()
      putAside(init)
      file = openLog(init.path)
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
        // Opened anew for the next line: the disk may be another by then.
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

function openLog(path: string) {
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const fd = openSync(path, flags, 0o600)
  fchmodSync(fd, 0o600)
  return { fd, size: fstatSync(fd).size }
}

function putAside({ path, maxFiles }: RotatingFileInit): void {
  const name = (age: number) => (age === 0 ? path : `${path}.${age}`)
  if (maxFiles <= 1) truncateSync(path)
  for (let age = maxFiles - 1; age > 0; age--) {
    try {
      renameSync(name(age - 1), name(age))
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
}
