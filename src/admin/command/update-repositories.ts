import type { DirectoryConfig } from '../../config/directory.ts'
import type { Channel, UpdatePlatform } from '../../protocol/updates.ts'

/** An update repository on this machine. @throws `CONFLICT`, `NOT_FOUND`, `KEY_*`, `UPDATE_*`, `FILE_*`, `STORE_FAILED`. */
export interface UpdateRepositories {
  init(
    config: DirectoryConfig,
    places: UpdatePlaces,
  ): Promise<{
    readonly folder: string
    readonly keys: string
    /** SHA-256 of the first root. */
    readonly root: string
  }>
  add(
    config: DirectoryConfig,
    places: UpdatePlaces,
    release: { readonly version: string; readonly platform: UpdatePlatform; readonly from: string },
  ): Promise<{ readonly folder: string; readonly files: number; readonly bytes: number }>
  promote(
    config: DirectoryConfig,
    places: UpdatePlaces,
    init: { readonly channel: string; readonly version: string; readonly percent: number },
  ): Promise<Pick<Channel, 'releases'>>
  list(config: DirectoryConfig, places: UpdatePlaces): Promise<ShownRepository>
  refresh(config: DirectoryConfig, places: UpdatePlaces, init: { readonly targets: boolean }): Promise<ShownRepository>
  rotate(
    config: DirectoryConfig,
    places: UpdatePlaces,
    init: { readonly role: UpdateRole; readonly newKeys: string },
  ): Promise<ShownRepository>
  verify(config: DirectoryConfig, places: UpdatePlaces): Promise<ShownRepository & { readonly files: number }>
}

type UpdateRole = 'root' | 'targets' | 'snapshot' | 'timestamp'

interface UpdatePlaces {
  readonly repository?: string | undefined
  readonly keys?: string | undefined
  /** Of the passphrase of root.pem and targets.pem. */
  readonly passphraseFile?: string | undefined
  /** Where there is no such file. Absent without a terminal. */
  readonly askPassphrase?: ((path: string) => Promise<string>) | undefined
}

export interface ShownRepository {
  readonly folder: string
  readonly rootVersion: number
  readonly releases: readonly { readonly version: string; readonly platform: string }[]
  readonly channels: readonly { readonly channel: string; readonly releases: Channel['releases'] }[]
  readonly expires: readonly { readonly role: UpdateRole; readonly until: number }[]
}
