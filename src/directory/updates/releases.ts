import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import {
  type Channel,
  channelReader,
  compareVersions,
  RELEASE_DAEMON,
  type Release,
  type ReleaseFile,
  releaseReader,
  runtimeOf,
  targetOfChannel,
  targetOfRelease,
  type UpdatePlatform,
} from '../../protocol/updates.ts'
import { makeFolderDurably, syncFolder } from '../../system/files/own/durable-folder.ts'
import type { Repository } from './repository.ts'

/** Versions and channels of an update repository. */

export interface AddReleaseInit {
  readonly folder: string
  readonly version: string
  readonly platform: UpdatePlatform
  /** The folder that a package installs: the runtime and `suretyd/`. */
  readonly from: string
}

/** Where the layout of macOS has the runtime. */
const NODE_AT_TOP = 'node'
const EXECUTABLE = 0o100

/**
 * Adds a version for one platform: its files by their hash, and the signed list of them.
 *
 * @throws `CONFLICT` when the version has other files already; `NOT_FOUND`, `FILE_*`, and as `Repository.publish`.
 */
export async function addRelease(repository: Repository, init: AddReleaseInit): Promise<Release> {
  const { folder, version, platform, from } = init
  await repository.requireKeys()
  const runtime = runtimeOf(platform)
  const sources = await filesOf(from, platform)
  for (const needed of [runtime, RELEASE_DAEMON]) {
    if (!sources.has(needed)) {
      const message = `${JSON.stringify(from)} lacks ${needed}: give the folder that the package installs`
      throw new SuretyError('NOT_FOUND', message)
    }
  }
  await makeFolderDurably(join(folder, 'files'), { mode: 0o755 })
  const files: ReleaseFile[] = []
  for (const [path, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    files.push(await addFile(folder, path, source, { isRuntime: path === runtime }))
  }
  const release = releaseReader.read({ schema: 'surety/release@1', version, platform, files })
  const bytes = utf8(JSON.stringify(release))
  const target = targetOfRelease(version, platform)
  if (repository.targets.targets[target] !== undefined) {
    if (fromUtf8(await repository.target(target)) === fromUtf8(bytes)) return release
    throw new SuretyError(
      'CONFLICT',
      `version ${version} for ${platform} is there with other files: give it another number`,
    )
  }
  await repository.publish({ [target]: bytes })
  return release
}

/** Paths in the release, and where they are. */
async function filesOf(from: string, platform: UpdatePlatform): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const runtime = runtimeOf(platform)
  const daemon = join(from, 'suretyd')
  const entries = await readdir(daemon, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new SuretyError(
      'NOT_FOUND',
      `${JSON.stringify(daemon)} cannot be read: give the folder that the package installs`,
      {
        cause,
      },
    )
  })
  for (const entry of entries) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile()) throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(path)} is not a regular file`)
    found.set(path.slice(from.length).replaceAll('\\', '/').replace(/^\/+/, ''), path)
  }
  for (const name of [runtime, ...(platform.startsWith('darwin-') ? [NODE_AT_TOP] : [])]) {
    const stat = await lstat(join(from, name)).catch(() => undefined)
    if (stat?.isFile() === true && !found.has(runtime)) found.set(runtime, join(from, name))
  }
  return found
}

async function addFile(
  folder: string,
  path: string,
  source: string,
  { isRuntime }: { readonly isRuntime: boolean },
): Promise<ReleaseFile> {
  const digest = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(source)) {
    digest.update(chunk)
    bytes += chunk.length
  }
  const sha256 = digest.digest('hex')
  const executable = isRuntime || ((await lstat(source)).mode & EXECUTABLE) !== 0
  const file: ReleaseFile = { path, sha256, bytes, ...(executable ? { executable } : {}) }
  const to = join(folder, 'files', `${sha256}.gz`)
  if (await isStored(to, file)) return file
  const part = `${to}.part`
  await rm(part, { force: true })
  await using written = await open(part, 'wx', 0o644)
  await pipeline(createReadStream(source), createGzip(), async (packed: AsyncIterable<Uint8Array>) => {
    for await (const chunk of packed) await written.writeFile(chunk)
  })
  await written.chmod(0o644)
  await written.sync()
  await rename(part, to)
  await syncFolder(join(folder, 'files'))
  if (!(await isStored(to, file)))
    throw new SuretyError('CONFLICT', `${JSON.stringify(source)} changed while it was read`)
  return file
}

/** Whether the packed file is there and whole. */
export async function isStored(path: string, { sha256, bytes }: ReleaseFile): Promise<boolean> {
  const digest = createHash('sha256')
  let size = 0
  try {
    await pipeline(createReadStream(path), createGunzip(), async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) {
        digest.update(chunk)
        size += chunk.length
        if (size > bytes) return
      }
    })
  } catch {
    return false
  }
  return size === bytes && digest.digest('hex') === sha256
}

export interface PromoteInit {
  readonly channel: string
  readonly version: string
  /** Of the devices of the channel. */
  readonly percent: number
}

/**
 * Offers a version to a part of the devices of a channel. The others keep the version that all had before. With 100 all have it.
 *
 * @throws `NOT_FOUND` for a version that the repository lacks; `CONFLICT` for a part of a channel that has no version yet.
 */
export async function promote(repository: Repository, { channel, version, percent }: PromoteInit): Promise<Channel> {
  const known = listReleases(repository).filter((one) => one.version === version)
  if (known.length === 0) throw new SuretyError('NOT_FOUND', `the repository has no version ${version}: add it first`)
  const before = (await readChannel(repository, channel))?.releases ?? []
  const rest = before.filter((one) => one.version !== version && one.percent === 100)
  if (percent < 100 && rest.length === 0) {
    throw new SuretyError('CONFLICT', `channel ${channel} has no other version for the rest: begin with --percent 100`)
  }
  const releases = percent === 100 ? [{ version, percent }] : [{ version, percent }, ...rest]
  const document = channelReader.read({ schema: 'surety/channel@1', channel, releases })
  await repository.publish({ [targetOfChannel(channel)]: utf8(JSON.stringify(document)) })
  return document
}

export async function readChannel(repository: Repository, channel: string): Promise<Channel | undefined> {
  const path = targetOfChannel(channel)
  if (repository.targets.targets[path] === undefined) return undefined
  return channelReader.readJson(fromUtf8(await repository.target(path)))
}

export function listChannels(repository: Repository): readonly string[] {
  return Object.keys(repository.targets.targets).flatMap((path) => /^channels\/(.+)\.json$/.exec(path)?.[1] ?? [])
}

export function listReleases(
  repository: Repository,
): readonly { readonly version: string; readonly platform: string }[] {
  return Object.keys(repository.targets.targets)
    .flatMap((path) => {
      const [, version, platform] = /^releases\/([^/]+)\/(.+)\.json$/.exec(path) ?? []
      return version === undefined || platform === undefined ? [] : [{ version, platform }]
    })
    .sort((a, b) => compareVersions(b.version, a.version) || (a.platform < b.platform ? -1 : 1))
}

/** Reads everything that the repository offers. @throws `UPDATE_DAMAGED` for the first fault. @returns how many files there are. */
export async function verifyContent(repository: Repository, folder: string): Promise<number> {
  const seen = new Set<string>()
  for (const channel of listChannels(repository)) {
    for (const { version } of (await readChannel(repository, channel))?.releases ?? []) {
      if (listReleases(repository).some((one) => one.version === version)) continue
      throw new SuretyError('UPDATE_DAMAGED', `channel ${channel} offers version ${version}, which is not there`)
    }
  }
  for (const { version, platform } of listReleases(repository)) {
    const target = `releases/${version}/${platform}.json`
    const release = releaseReader.readJson(fromUtf8(await repository.target(target)))
    for (const file of release.files) {
      if (seen.has(file.sha256)) continue
      seen.add(file.sha256)
      if (await isStored(join(folder, 'files', `${file.sha256}.gz`), file)) continue
      throw new SuretyError(
        'UPDATE_DAMAGED',
        `${file.path} of version ${version} for ${platform} is missing or damaged`,
      )
    }
  }
  return seen.size
}
