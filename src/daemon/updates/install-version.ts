import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, open, rm, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeError, SuretyError } from '../../base/errors.ts'
import { RELEASE_DAEMON, type Release, type ReleaseFile, runtimeOf, UPDATE_LIMITS } from '../../protocol/updates.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { writeDurably } from '../../system/files/own/durable-file.ts'
import { makeFolderDurably, syncFolder } from '../../system/files/own/durable-folder.ts'
import { ownRights } from '../../system/files/this-system.ts'
import { type RunningProgram, startProgram } from '../../system/program/command.ts'
import { updatesFolder, versionFolder } from './update-record.ts'
import type { UpdateSource } from './update-source.ts'
import { isFile, RELEASE_FILE, verifyVersion } from './version-files.ts'

export interface InstallVersionInit {
  readonly stateFolder: string
  readonly release: Release
  /** The bytes of the release, and their SHA-256 in hex. */
  readonly releaseBytes: Uint8Array
  readonly releaseHash: string
  /** Folders of versions that are here. A file that is the same there is copied, which mostly saves the runtime. */
  readonly here: readonly string[]
}

/** Left free on the disk of the state folder. */
const SPARE_BYTES = 256 * 1024 * 1024
const SELF_TEST_MS = 60_000
const MAX_SAID_BYTES = 4096

/**
 * Puts a verified version into `<state>/updates/VERSION`, whole or not at all. What an interrupted call has brought is used again.
 *
 * @throws `UPDATE_DAMAGED` for a file that is not what the release names, or a program that does not run here; `STORE_FAILED` for a
 * disk that is full or cannot be written; as `UpdateSource`.
 */
export async function installVersion(
  source: UpdateSource,
  init: InstallVersionInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { stateFolder, release, releaseHash } = init
  if (await isWhole(versionFolder(stateFolder, release.version), releaseHash)) return
  requireComplete(release)
  try {
    await putTogether(source, init, signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw notWritten(cause)
  }
}

/** Our own errors pass unchanged. */
function notWritten(cause: unknown): SuretyError {
  if (cause instanceof SuretyError) return cause
  const why = errnoOf(cause) ?? describeError(cause)
  return new SuretyError('STORE_FAILED', `a version cannot be written to the folder of updates: ${why}`, { cause })
}

async function putTogether(source: UpdateSource, init: InstallVersionInit, signal: AbortSignal): Promise<void> {
  const { stateFolder, release, releaseBytes, releaseHash } = init
  const folder = versionFolder(stateFolder, release.version)
  const unfinished = join(updatesFolder(stateFolder), unfinishedName(releaseHash))
  await makeFolderDurably(unfinished, { mode: 0o700 })
  await requireSpace(unfinished, release)
  for (const file of release.files) {
    signal.throwIfAborted()
    await bring(source, file, { ...init, unfinished }, signal)
  }
  await writeDurably(join(unfinished, RELEASE_FILE), releaseBytes, { mode: 0o600 })
  await syncFolders(unfinished, release)
  await verifyVersion(unfinished, releaseHash)
  await letReadersRun(unfinished, release)
  await requireRuns(unfinished, release, signal)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  await ownRights().rename(unfinished, folder)
  await syncFolder(updatesFolder(stateFolder))
}

/** Of the folder below `updates` in which a version is put together. */
export function unfinishedName(releaseHash: string): string {
  return `.new-${releaseHash.slice(0, 32)}`
}

async function isWhole(folder: string, releaseHash: string): Promise<boolean> {
  return await verifyVersion(folder, releaseHash).then(
    () => true,
    () => false,
  )
}

/** @throws `UPDATE_DAMAGED`. */
function requireComplete({ version, platform, files }: Release): void {
  const refuse = (why: string) => {
    throw new SuretyError('UPDATE_DAMAGED', `the release ${version} ${why}`)
  }
  const paths = files.map(({ path }) => path)
  for (const needed of [runtimeOf(platform), RELEASE_DAEMON]) if (!paths.includes(needed)) refuse(`lacks ${needed}`)
  // Some file systems take two spellings of one name for one file.
  const spelled = new Set(paths.map((path) => path.toLowerCase()))
  if (spelled.size !== paths.length || spelled.has(RELEASE_FILE)) refuse('names a file twice')
  for (const path of spelled) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      if (spelled.has(path.slice(0, at))) refuse(`has ${path.slice(0, at)} as a file and as a folder`)
    }
  }
  if (bytesOf(files) > UPDATE_LIMITS.allBytes) refuse('is larger than a release may be')
}

function bytesOf(files: readonly ReleaseFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}

async function requireSpace(folder: string, { version, files }: Release): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const needed = bytesOf(files) + SPARE_BYTES
  if (bavail * bsize >= needed) return
  const mib = Math.ceil(needed / 2 ** 20)
  throw new SuretyError(
    'STORE_FAILED',
    `the disk of the state folder has not the ${mib} MiB that version ${version} needs`,
  )
}

async function bring(
  source: UpdateSource,
  file: ReleaseFile,
  { unfinished, here }: InstallVersionInit & { readonly unfinished: string },
  signal: AbortSignal,
): Promise<void> {
  const path = join(unfinished, file.path)
  const mode = file.executable === true ? 0o700 : 0o600
  if (await isFile(path, file)) {
    if (((await lstat(path)).mode & 0o777) !== mode) await setMode(path, mode)
    return
  }
  await makeFolderDurably(dirname(path), { mode: 0o700 })
  const part = `${path}.part`
  await rm(part, { force: true })
  if (!(await copied(part, file, here))) await downloaded(source, part, file, signal)
  await setMode(part, mode)
  await ownRights().rename(part, path)
}

async function setMode(path: string, mode: number): Promise<void> {
  await using written = await open(path, 'r+')
  await written.chmod(mode)
  await written.sync()
}

/** Compares what it writes, and not only what it read before: the disk may be failing. */
async function copied(part: string, file: ReleaseFile, here: readonly string[]): Promise<boolean> {
  for (const folder of here) {
    const from = join(folder, file.path)
    const stat = await lstat(from).catch(() => undefined)
    if (stat?.isFile() !== true || stat.size !== file.bytes) continue
    const written = await newFileOf(part)
    try {
      for await (const chunk of createReadStream(from)) await written.add(chunk)
      if (written.isWhole(file)) return true
    } finally {
      await written[Symbol.asyncDispose]()
    }
    await rm(part, { force: true })
  }
  return false
}

interface NewFile extends AsyncDisposable {
  add(chunk: Uint8Array): Promise<void>
  isWhole(file: ReleaseFile): boolean
}

async function newFileOf(path: string): Promise<NewFile> {
  const digest = createHash('sha256')
  let size = 0
  const file = await open(path, 'wx', 0o600)
  return {
    async add(chunk) {
      digest.update(chunk)
      size += chunk.length
      // The source would take it for a failure of its own.
      await file.writeFile(chunk).catch((cause: unknown) => Promise.reject(notWritten(cause)))
    },
    isWhole: ({ sha256, bytes }) => size === bytes && digest.digest('hex') === sha256,
    [Symbol.asyncDispose]: () => file.close(),
  }
}

async function downloaded(source: UpdateSource, part: string, file: ReleaseFile, signal: AbortSignal): Promise<void> {
  const { sha256, bytes, path } = file
  await using written = await newFileOf(part)
  if (!(await source.unpack(`files/${sha256}.gz`, written.add, { maxBytes: bytes, signal }))) {
    throw new SuretyError('NOT_FOUND', `the source of updates lacks ${path}`)
  }
  if (!written.isWhole(file)) {
    throw new SuretyError('UPDATE_DAMAGED', `${path} of the update is not what its release names`)
  }
}

/** Those below the folder of the version. */
function foldersOf({ files }: Release): ReadonlySet<string> {
  const folders = new Set<string>()
  for (const { path } of files) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) folders.add(at)
  }
  return folders
}

async function syncFolders(folder: string, release: Release): Promise<void> {
  for (const name of foldersOf(release)) await syncFolder(join(folder, name))
  await syncFolder(folder)
}

/** Everything in a release is public. */
async function letReadersRun(folder: string, release: Release): Promise<void> {
  const { readersStartAsUsers, letUsersRun } = ownRights()
  if (!readersStartAsUsers) return
  const names = ['..', '.', ...foldersOf(release), ...release.files.map(({ path }) => path)]
  for (const path of names.map((name) => join(folder, name))) await letUsersRun(path, await lstat(path))
}

/** Finds what no hash shows: another processor, a missing library, a file system without programs, a version under another name. */
async function requireRuns(folder: string, { version, platform }: Release, signal: AbortSignal): Promise<void> {
  const args = ['--disable-warning=ExperimentalWarning', join(folder, RELEASE_DAEMON), '--version']
  const fails = (why: string, cause?: unknown) =>
    new SuretyError('UPDATE_DAMAGED', `version ${version} does not run here: ${why}`, { cause })
  await using program = await startProgram({ path: join(folder, runtimeOf(platform)), args, stdout: 'pipe' }).catch(
    (cause: unknown): RunningProgram => {
      throw fails('it cannot be started', cause)
    },
  )
  const timer = AbortSignal.any([signal, AbortSignal.timeout(SELF_TEST_MS)])
  const ended = await Promise.race([Promise.all([program.exit, textOf(program)]), aborted(timer)])
  signal.throwIfAborted()
  if (ended === undefined) throw fails('it does not answer')
  const [{ exitCode, signal: killedBy }, said] = ended
  if (exitCode !== 0) throw fails(`it ends with ${exitCode ?? killedBy}`)
  if (said !== `suretyd ${version}\n`) throw fails('it says that it is another version')
}

async function textOf({ stdout }: RunningProgram): Promise<string> {
  let text = ''
  for await (const chunk of stdout ?? []) {
    if (text.length < MAX_SAID_BYTES) text += String(chunk)
  }
  return text
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
