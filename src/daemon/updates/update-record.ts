import { dirname, join } from 'node:path'
import { closed, counter, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { timeSchema } from '../../protocol/ids.ts'
import { programVersionSchema, sha256HexSchema } from '../../protocol/updates.ts'
import { requireTrustedFolder } from '../../system/files/own/prepare-folder.ts'
import { ownRights } from '../../system/files/this-system.ts'
import { type StateFile, type StateFileComponents, stateFile } from '../state/state-file.ts'

/**
 * The state of updates on this device, in the folder `updates`: `updates.json`, the trusted metadata, and a folder for each version.
 * Only root can write there. The hashes in it find damage, not attackers.
 */

const knownVersionSchema = closed({
  version: programVersionSchema,
  /** SHA-256 of its release, which has the hashes of its files. */
  release: sha256HexSchema,
  /** `trial` until it was healthy once. `bad` is not started, and not downloaded again before `retryAt`, if there is one. */
  state: words('trial', 'good', 'bad'),
  /** Starts since it was last healthy. */
  starts: counter(),
  /** In its trial it served its socket and collected once, so what failed was the connection. */
  cameUp: Type.Optional(Type.Boolean()),
  reason: Type.Optional(text(300)),
  retryAt: Type.Optional(timeSchema),
})
export type KnownVersion = Static<typeof knownVersionSchema>

const updateRecordSchema = closed({
  schema: Type.Literal('surety/updates@1'),
  /** The version of the program that chooses: the installed one. */
  installed: programVersionSchema,
  /** Absent while the installed program shall run. */
  selected: Type.Optional(programVersionSchema),
  versions: Type.Array(knownVersionSchema, { maxItems: 16 }),
})
export type UpdateRecord = Static<typeof updateRecordSchema>

const updateRecordReader = reader(updateRecordSchema, { name: 'updates.json' })
const MAX_VERSIONS = 16
/** The longest path of a release has 16 names. */
const MAX_DEPTH = 18

/** On Windows beside the state, where users may look nothing up; `native/windows/service/version-folder.c` knows the place. */
export function updatesFolder(stateFolder: string): string {
  return join(ownRights().readersStartAsUsers ? dirname(stateFolder) : stateFolder, 'updates')
}

/** Refuses the folder where another user could have changed something in it. @throws `STORE_FAILED`, saying what to do. */
export async function requireTrustedUpdates(stateFolder: string): Promise<void> {
  await requireTrustedFolder(updatesFolder(stateFolder), { name: 'folder of updates', depth: MAX_DEPTH })
}

export function versionFolder(stateFolder: string, version: string): string {
  return join(updatesFolder(stateFolder), version)
}

export function updateRecordFile(components: StateFileComponents, stateFolder: string): StateFile<UpdateRecord> {
  return stateFile(components, { folder: updatesFolder(stateFolder), name: 'updates.json', reader: updateRecordReader })
}

/** Replaces what is known of a version, or adds it. The oldest bad ones make room. */
export function withVersion(record: UpdateRecord, known: KnownVersion): UpdateRecord {
  const others = record.versions.filter(({ version }) => version !== known.version)
  const surplus = others.length + 1 - MAX_VERSIONS
  const dropped = new Set(surplus > 0 ? others.filter(({ state }) => state === 'bad').slice(0, surplus) : [])
  return { ...record, versions: [...others.filter((one) => !dropped.has(one)), known] }
}

export function withoutVersion(record: UpdateRecord, version: string): UpdateRecord {
  return { ...record, versions: record.versions.filter((one) => one.version !== version) }
}

export function knownVersion(record: UpdateRecord, version: string | undefined): KnownVersion | undefined {
  return record.versions.find((one) => one.version === version)
}
