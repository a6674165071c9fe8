import { dictionaryOf, flagIn, listIn, parsePropertyList, textIn } from '../../../base/property-lists/property-list.ts'
import type { PropertyListDictionary } from '../../../base/property-lists/property-list-value.ts'

/** A volume as `diskutil apfs list -plist` lists it. */
export interface ApfsVolume {
  readonly name: string
  /** `Data`, `System`, `Preboot` and the like; none for a volume that a person made. */
  readonly roles: readonly string[]
  /** A secret of a person unlocks it. Apple silicon encrypts also without; that opens for everybody. */
  readonly fileVault: boolean
  /** Encryption or decryption is under way. */
  readonly migrating: boolean
}

/** @returns undefined when the list is not whole: a volume without its members would pass unseen. */
export function parseApfsVolumes(stdout: string): readonly ApfsVolume[] | undefined {
  const list = dictionaryOf(parsePropertyList(new TextEncoder().encode(stdout)))
  if (list === undefined || !Object.hasOwn(list, 'Containers')) return undefined
  const volumes: ApfsVolume[] = []
  for (const container of listIn(list, 'Containers')) {
    const record = dictionaryOf(container)
    if (record === undefined || !Object.hasOwn(record, 'Volumes')) return undefined
    for (const value of listIn(record, 'Volumes')) {
      const volume = volumeOf(dictionaryOf(value))
      if (volume === undefined) return undefined
      volumes.push(volume)
    }
  }
  return volumes
}

function volumeOf(record: PropertyListDictionary | undefined): ApfsVolume | undefined {
  if (record === undefined) return undefined
  const fileVault = flagIn(record, 'FileVault')
  const migrating = flagIn(record, 'CryptoMigrationOn')
  if (fileVault === undefined || migrating === undefined) return undefined
  const name = textIn(record, 'Name') ?? textIn(record, 'DeviceIdentifier') ?? 'a volume without a name'
  const roles = listIn(record, 'Roles').filter((role) => typeof role === 'string')
  return { name, roles, fileVault, migrating }
}
