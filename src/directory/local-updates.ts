import { systemClock } from '../base/clock.ts'
import type { DirectoryConfig } from '../config/directory.ts'
import { requireOwnFolder } from './data-folder.ts'
import { type UpdatePlacesGiven, updatePlaces } from './updates/places.ts'
import {
  type AddReleaseInit,
  addRelease,
  listChannels,
  listReleases,
  promote,
  readChannel,
  verifyContent,
} from './updates/releases.ts'
import { initRepository, openRepository, type Repository } from './updates/repository.ts'
import { ROLES, type Role } from './updates/signing-keys.ts'

/** The update repository of a configured directory, or one in another folder, for commands on this machine. */

const opened = (config: DirectoryConfig, places: UpdatePlacesGiven) =>
  openRepository(systemClock, updatePlaces(config, places))

/** Before anything is written. @throws `NOT_PERMITTED`. */
function requireOwnPlaces({ data }: DirectoryConfig, { repository, keys }: UpdatePlacesGiven): void {
  if (repository === undefined || keys === undefined) requireOwnFolder(data)
}

export const updates = {
  async init(config: DirectoryConfig, places: UpdatePlacesGiven) {
    requireOwnPlaces(config, places)
    const { folder, keys } = updatePlaces(config, places)
    return { folder, keys, root: await initRepository(systemClock, { folder, keys }) }
  },
  async add(config: DirectoryConfig, places: UpdatePlacesGiven, release: Omit<AddReleaseInit, 'folder'>) {
    requireOwnPlaces(config, places)
    const { folder } = updatePlaces(config, places)
    const { files } = await addRelease(await opened(config, places), { ...release, folder })
    return { folder, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
  },
  async promote(config: DirectoryConfig, places: UpdatePlacesGiven, init: Parameters<typeof promote>[1]) {
    requireOwnPlaces(config, places)
    return await promote(await opened(config, places), init)
  },
  async list(config: DirectoryConfig, places: UpdatePlacesGiven) {
    return await describe(await opened(config, places), updatePlaces(config, places).folder)
  },
  async refresh(config: DirectoryConfig, places: UpdatePlacesGiven, { targets }: { readonly targets: boolean }) {
    requireOwnPlaces(config, places)
    const repository = await opened(config, places)
    await (targets ? repository.renewTargets() : repository.refresh())
    return await describe(repository, updatePlaces(config, places).folder)
  },
  async rotate(
    config: DirectoryConfig,
    places: UpdatePlacesGiven,
    { role, newKeys }: { readonly role: Role; readonly newKeys: string },
  ) {
    requireOwnPlaces(config, places)
    const repository = await opened(config, places)
    await repository.rotate(role, newKeys)
    return await describe(repository, updatePlaces(config, places).folder)
  },
  async verify(config: DirectoryConfig, places: UpdatePlacesGiven) {
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
