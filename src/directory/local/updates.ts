import { systemClock } from '../../base/clock.ts'
import type { DirectoryConfig } from '../../config/directory.ts'
import { makeFolderDurably } from '../../system/files/own/durable-folder.ts'
import { type UpdatePlacesGiven, updatePlaces } from '../updates/places.ts'
import {
  type AddReleaseInit,
  addRelease,
  listChannels,
  listReleases,
  promote,
  readChannel,
  verifyContent,
} from '../updates/releases.ts'
import { initRepository, openRepository, type Repository } from '../updates/repository.ts'
import { lockRepository } from '../updates/repository-lock.ts'
import { type PassphraseOf, ROLES, type Role } from '../updates/signing-keys.ts'
import { requireOwnFolder } from './data-folder.ts'
import { readPassphrase } from './passphrase-file.ts'

/** Where a repository and its keys are, and the passphrase of its keys: in a file, or asked for on a terminal. */
interface UpdateKeysGiven extends UpdatePlacesGiven {
  readonly passphraseFile?: string | undefined
  readonly askPassphrase?: PassphraseOf | undefined
}

/** A change is made within a second or two, unless it packs a new version. */
const WAIT_MS = 2_000

/** Reads what the repository is only once no other process changes it. */
async function changing<T>(
  config: DirectoryConfig,
  places: UpdateKeysGiven,
  change: (repository: Repository) => Promise<T>,
): Promise<T> {
  requireOwnPlaces(config, places)
  using _lock = lockRepository(systemClock, updatePlaces(config, places).folder, { waitMs: WAIT_MS })
  return await change(await opened(config, places))
}

/** Before anything is written. @throws `NOT_PERMITTED`. */
function requireOwnPlaces({ data }: DirectoryConfig, { repository, keys }: UpdatePlacesGiven): void {
  if (repository === undefined || keys === undefined) requireOwnFolder(data)
}

const opened = (config: DirectoryConfig, given: UpdateKeysGiven) =>
  openRepository(systemClock, { ...updatePlaces(config, given), passphraseOf: passphraseOf(given) })

/** Of new keys. */
async function givenPassphrase({ passphraseFile }: UpdateKeysGiven): Promise<string | undefined> {
  return passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile)
}

/** One passphrase for all keys, asked for once. */
function passphraseOf({ passphraseFile, askPassphrase }: UpdateKeysGiven): PassphraseOf | undefined {
  const ask = passphraseFile === undefined ? askPassphrase : () => readPassphrase(passphraseFile)
  let passphrase: Promise<string> | undefined
  return ask && ((path) => (passphrase ??= ask(path)))
}

/** The update repository of a configured directory, or one in another folder, for commands on this machine. */
export const updates = {
  async init(config: DirectoryConfig, places: UpdateKeysGiven) {
    requireOwnPlaces(config, places)
    const { folder, keys } = updatePlaces(config, places)
    const passphrase = await givenPassphrase(places)
    await makeFolderDurably(folder, { mode: 0o700 })
    using _lock = lockRepository(systemClock, folder, { waitMs: WAIT_MS })
    return { folder, keys, root: await initRepository(systemClock, { folder, keys, passphrase }) }
  },
  async add(config: DirectoryConfig, places: UpdateKeysGiven, release: Omit<AddReleaseInit, 'folder'>) {
    const { folder } = updatePlaces(config, places)
    const { files } = await changing(config, places, (repository) => addRelease(repository, { ...release, folder }))
    return { folder, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
  },
  async promote(config: DirectoryConfig, places: UpdateKeysGiven, init: Parameters<typeof promote>[1]) {
    return await changing(config, places, (repository) => promote(repository, init))
  },
  async list(config: DirectoryConfig, places: UpdateKeysGiven) {
    return await describe(await opened(config, places), updatePlaces(config, places).folder)
  },
  async refresh(config: DirectoryConfig, places: UpdateKeysGiven, { targets }: { readonly targets: boolean }) {
    return await changing(config, places, async (repository) => {
      await (targets ? repository.renewTargets() : repository.refresh())
      return await describe(repository, updatePlaces(config, places).folder)
    })
  },
  async rotate(
    config: DirectoryConfig,
    places: UpdateKeysGiven,
    { role, newKeys }: { readonly role: Role; readonly newKeys: string },
  ) {
    const passphrase = await givenPassphrase(places)
    return await changing(config, places, async (repository) => {
      await repository.rotate(role, newKeys, passphrase)
      return await describe(repository, updatePlaces(config, places).folder)
    })
  },
  async verify(config: DirectoryConfig, places: UpdateKeysGiven) {
    const { folder } = updatePlaces(config, places)
    const repository = await opened(config, places)
    const files = await verifyContent(repository, folder)
    return { ...(await describe(repository, folder)), files }
  },
}

async function describe(repository: Repository, folder: string) {
  const channels = []
  for (const channel of listChannels(repository)) {
    const { releases } = (await readChannel(repository, channel)) ?? { releases: [] }
    channels.push({ channel, releases })
  }
  const expiries = repository.expiries()
  const expires = ROLES.map((role) => ({ role, until: expiries[role] }))
  return { folder, rootVersion: repository.root.version, releases: listReleases(repository), channels, expires }
}
