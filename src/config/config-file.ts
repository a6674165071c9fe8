import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { describeError, SuretyError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import type { FileRights } from '../system/files/own-rights.ts'
import { ownRights } from '../system/files/this-system.ts'

/** Reads configuration files within limits, and only if no other user could have written them. */

const LIMITS = { maxBytes: 256 * 1024, maxDepth: 8 }
const MAX_POLICY_FILES = 64

export interface ConfigFile {
  readonly path: string
  readonly content: unknown
  readonly readableByOthers: boolean
}

/**
 * @param options.owners user ids that may own the file.
 * @param options.parse throws an error that says what is wrong. Default: JSON.
 * @returns undefined if there is no such file.
 * @throws `CONFIG_INVALID` with the path.
 */
export function readConfigFile(
  path: string,
  options: { owners: readonly string[]; parse?: (bytes: Uint8Array) => unknown },
): ConfigFile | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    if (errno(cause) === 'ENOENT') return undefined
    throw new SuretyError('CONFIG_INVALID', `${path}: ${errno(cause)}`, { cause })
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new SuretyError('CONFIG_INVALID', `${path}: not a regular file`)
    const { canOthersRead } = requireOwner(path, stat, options.owners)
    return { path, content: parsed(path, readAll(fd, path), options.parse ?? parse), readableByOthers: canOthersRead }
  } finally {
    closeSync(fd)
  }
}

/**
 * The `*.json` files of a policy folder in the order of their names; none if there is no such folder. A file that cannot be
 * trusted or read is an error, and is never skipped.
 *
 * @throws `CONFIG_INVALID` with the path.
 */
export function readPolicyFolder(path: string, options: { owners: readonly string[] }): readonly ConfigFile[] {
  let names: string[]
  try {
    requireOwner(path, statSync(path), options.owners)
    names = readdirSync(path).filter((name) => name.endsWith('.json') && !name.startsWith('.'))
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    if (errno(cause) === 'ENOENT') return []
    throw new SuretyError('CONFIG_INVALID', `${path}: ${errno(cause)}`, { cause })
  }
  if (names.length > MAX_POLICY_FILES) {
    throw new SuretyError('CONFIG_INVALID', `${path}: more than ${MAX_POLICY_FILES} files`)
  }
  return names.toSorted().map((name) => {
    const file = readConfigFile(join(path, name), options)
    if (file === undefined)
      throw new SuretyError('CONFIG_INVALID', `${join(path, name)}: link to a file that does not exist`)
    return file
  })
}

function requireOwner(path: string, stat: Stats, owners: readonly string[]): FileRights {
  const found = rightsOf(path, stat)
  if (!owners.includes(found.owner)) {
    const expected = [...new Set(owners)].join(' or ')
    throw new SuretyError('CONFIG_INVALID', `${path}: owned by user ${found.owner}, expected ${expected}`)
  }
  if (found.canOthersWrite) {
    const remedy = ownRights().remedy(path, 'write', path)
    throw new SuretyError('CONFIG_INVALID', `${path}: writable by other users. Run: ${remedy}`)
  }
  return found
}

function rightsOf(path: string, stat: Stats): FileRights {
  try {
    return ownRights().of(path, stat)
  } catch (cause) {
    throw new SuretyError('CONFIG_INVALID', `${path}: ${describeError(cause)}`, { cause })
  }
}

function readAll(fd: number, path: string): Uint8Array {
  const buffer = new Uint8Array(LIMITS.maxBytes + 1)
  let filled = 0
  for (;;) {
    const got = readSync(fd, buffer, filled, buffer.length - filled, null)
    filled += got
    if (filled > LIMITS.maxBytes) {
      throw new SuretyError('CONFIG_INVALID', `${path}: larger than ${LIMITS.maxBytes} bytes`)
    }
    if (got === 0) return buffer.subarray(0, filled)
  }
}

function parsed(path: string, bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown): unknown {
  try {
    return parse(bytes)
  } catch (cause) {
    if (!(cause instanceof SuretyError)) throw cause
    throw new SuretyError('CONFIG_INVALID', `${path}: ${cause.message}`, { cause })
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), LIMITS)
  } catch (cause) {
    const reason = cause instanceof SuretyError ? cause.message : 'not UTF-8'
    throw new SuretyError('CONFIG_INVALID', `expected one JSON object (${reason})`, { cause })
  }
}

function errno(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unreadable'
}
