import { createHash, randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fromUtf8 } from '../../base/bytes.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { type JsonLimits, parseJson } from '../../base/json.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { makeFolderDurably } from '../../system/files/own/durable-folder.ts'
import { ownRights } from '../../system/files/this-system.ts'
import { updatesFolder } from './update-record.ts'
import type { UpdateSource } from './update-source.ts'

/** The signed lists of the repository, after the client workflow of The Update Framework, version 1.0. */
export interface TrustedMetadata {
  /**
   * @returns a target, compared with its signed size and hash.
   * @throws `NOT_FOUND` when no such target is signed or there; `UPDATE_DAMAGED`.
   */
  target(path: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Uint8Array>
}

export interface TrustedMetadataInit {
  readonly stateFolder: string
  /** SHA-256 of `1.root.json`, hex. It is the only thing that is trusted without a signature. */
  readonly root: string
}

/** Enough for lists of some thousand targets. Unsigned text is parsed within them. */
const LIMITS: JsonLimits = { maxBytes: 4 * 1024 * 1024, maxDepth: 12 }
const MAX_ROOT_BYTES = 256 * 1024
const MAX_ROOT_ROTATIONS = 256
/** In this order, so that a cut leaves a set that the next update continues from. */
const FILES = ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json'] as const

/**
 * Brings the metadata up to date and verifies it. The library writes to a folder of its own, since it replaces files in place. What it
 * accepted is kept durably, also when a later step is refused: a newer root and timestamp protect from older ones.
 *
 * @throws `UPDATE_UNTRUSTED` for signatures, versions and hashes that do not fit; `UPDATE_EXPIRED`; as `UpdateSource`.
 */
export async function readTrustedMetadata(
  source: UpdateSource,
  { stateFolder, root }: TrustedMetadataInit,
  { signal }: { signal: AbortSignal },
): Promise<TrustedMetadata> {
  const kept = join(updatesFolder(stateFolder), `metadata-${root.slice(0, 16)}`)
  await makeFolderDurably(kept, { mode: 0o700 })
  const scratch = join(updatesFolder(stateFolder), `.metadata-${randomBytes(8).toString('hex')}`)
  await ownRights().makeFolder(scratch, { mode: 0o700, recursive: false })
  try {
    const known = await copyKept(kept, scratch)
    const trustedRoot = known ?? (await firstRoot(source, root, signal))
    if (known === undefined) await writeFile(join(scratch, 'root.json'), trustedRoot, { mode: 0o600 })
    const newer = await newerRoots(source, trustedRoot, signal)
    try {
      return await refresh(source, scratch, newer, signal)
    } finally {
      await keep(scratch, kept)
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** @returns the trusted root, or undefined when there is none or it is damaged: then all is read again from the pinned one. */
async function copyKept(kept: string, scratch: string): Promise<Uint8Array | undefined> {
  let root: Uint8Array | undefined
  for (const name of FILES) {
    const bytes = await readIfPresent(join(kept, name), { maxBytes: LIMITS.maxBytes })
    if (bytes === undefined || !isJson(bytes)) continue
    await writeFile(join(scratch, name), bytes, { mode: 0o600 })
    if (name === 'root.json') root = bytes
  }
  return root
}

function isJson(bytes: Uint8Array): boolean {
  try {
    parseJson(fromUtf8(bytes), LIMITS)
    return true
  } catch {
    return false
  }
}

async function firstRoot(source: UpdateSource, pinned: string, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await source.read('metadata/1.root.json', { maxBytes: MAX_ROOT_BYTES, signal })
  if (bytes === undefined) throw new SuretyError('NOT_FOUND', 'the source has no update repository: 1.root.json')
  if (createHash('sha256').update(bytes).digest('hex') !== pinned) {
    throw new SuretyError(
      'UPDATE_UNTRUSTED',
      'the first root of the repository is not the one of the setting updates.root',
    )
  }
  return bytes
}

/**
 * The library ends its walk through newer roots at an error of its own class, which it does not export. So the walk is made here, and
 * the library is told how many there are. It verifies each.
 */
async function newerRoots(
  source: UpdateSource,
  trusted: Uint8Array,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  const first = versionOf(trusted) + 1
  for (let version = first; version < first + MAX_ROOT_ROTATIONS; version++) {
    const path = `metadata/${version}.root.json`
    const bytes = await source.read(path, { maxBytes: MAX_ROOT_BYTES, signal })
    if (bytes === undefined) break
    found.set(path, bytes)
  }
  return found
}

function versionOf(root: Uint8Array): number {
  const document = parseJson(fromUtf8(root), LIMITS)
  const signed = typeof document === 'object' && document !== null && 'signed' in document ? document.signed : undefined
  const version = typeof signed === 'object' && signed !== null && 'version' in signed ? signed.version : undefined
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    throw new SuretyError('UPDATE_UNTRUSTED', 'the root of the repository has no version')
  }
  return version
}

async function refresh(
  source: UpdateSource,
  scratch: string,
  roots: ReadonlyMap<string, Uint8Array>,
  signal: AbortSignal,
): Promise<TrustedMetadata> {
  // The library wraps what its fetcher throws into text.
  let failure: unknown
  const fetch = async (url: string, maxBytes: number): Promise<Uint8Array> => {
    const path = new URL(url).pathname.slice(1)
    try {
      const bytes = roots.get(path) ?? (await source.read(path, { maxBytes, signal }))
      if (bytes === undefined) throw new SuretyError('NOT_FOUND', `the source lacks ${path}`)
      parseJson(fromUtf8(bytes), LIMITS)
      return bytes
    } catch (error) {
      failure ??= error
      throw error
    }
  }
  const library = await import('tuf-js')
  // A bundle gives a CommonJS package as its default alone.
  const { Updater } = 'Updater' in library ? library : (library as { default: typeof library }).default
  const updater = new Updater({
    metadataDir: scratch,
    metadataBaseUrl: 'https://repository/metadata',
    targetBaseUrl: 'https://repository/targets',
    fetcher: {
      downloadBytes: async (url, maxBytes) => Buffer.from(await fetch(url, maxBytes)),
      downloadFile: () => Promise.reject(new Error('targets are read without the library')),
    },
    config: {
      maxRootRotations: roots.size,
      rootMaxLength: MAX_ROOT_BYTES,
      timestampMaxLength: 16 * 1024,
      snapshotMaxLength: 256 * 1024,
      targetsMaxLength: LIMITS.maxBytes,
      maxDelegations: 0,
    },
  })
  const orRefused = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      signal.throwIfAborted()
      throw refusal(failure ?? error)
    }
  }
  await orRefused(updater.refresh())
  return {
    async target(path, options) {
      const info = await orRefused(updater.getTargetInfo(path))
      if (info === undefined) throw new SuretyError('NOT_FOUND', `the repository has no ${path}`)
      const { sha256 = '' } = info.hashes
      if (!/^[0-9a-f]{64}$/.test(sha256)) throw new SuretyError('UPDATE_UNTRUSTED', `${path} has no SHA-256`)
      if (info.length > options.maxBytes) throw new SuretyError('UPDATE_UNTRUSTED', `${path} is larger than it may be`)
      const at = path.lastIndexOf('/') + 1
      const bytes = await source.read(`targets/${path.slice(0, at)}${sha256}.${path.slice(at)}`, {
        ...options,
        maxBytes: info.length,
      })
      if (bytes === undefined) throw new SuretyError('NOT_FOUND', `the source lacks the target ${path}`)
      await info.verify(Readable.from([bytes])).catch((cause: unknown) => {
        throw new SuretyError('UPDATE_DAMAGED', `the target ${path} is not what was signed`, { cause })
      })
      return bytes
    },
  }
}

function refusal(error: unknown): SuretyError {
  if (codeOf(error) !== undefined && error instanceof SuretyError) return error
  const reason = describeError(error)
  if (/is expired/.test(reason)) {
    return new SuretyError('UPDATE_EXPIRED', `the update repository is no longer vouched for: ${reason}`, {
      cause: error,
    })
  }
  return new SuretyError('UPDATE_UNTRUSTED', `the update repository is refused: ${reason}`, { cause: error })
}

/** The library has written there only what it verified. */
async function keep(scratch: string, kept: string): Promise<void> {
  for (const name of FILES) {
    const bytes = await readFile(join(scratch, name)).catch(() => undefined)
    if (bytes === undefined) continue
    const before = await readIfPresent(join(kept, name), { maxBytes: LIMITS.maxBytes }).catch(() => undefined)
    if (before === undefined || !bytes.equals(before)) await writeDurably(join(kept, name), bytes, { mode: 0o600 })
  }
}
