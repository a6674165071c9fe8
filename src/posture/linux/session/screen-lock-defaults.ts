import { SuretyError } from '../../../base/errors.ts'
import type { TrustedFileReader } from '../../../system/files/files.ts'
import { type DconfDatabase, parseDconfDatabase } from '../../parsers/gvdb.ts'
import { parseKeyFile } from '../../parsers/key-file.ts'
import { listOptional, readOptional } from '../../read-optional.ts'
import { GNOME_KEYS, type GnomeLock, gnomeLockOf, type KdeLock, kdeLockOf } from '../../screen-lock.ts'

/** The settings of the administrator for all users of the machine. */
export interface ScreenLockDefaults {
  readonly gnome: GnomeLock
  /** Members of `gnome` that users cannot change. */
  readonly gnomeLocked: ReadonlySet<keyof GnomeLock>
  readonly kde: KdeLock
}

const DCONF_BYTES = 4 * 1024 * 1024

/** @throws `INPUT_MALFORMED` for a file that is not understood. */
export async function readScreenLockDefaults(files: TrustedFileReader): Promise<ScreenLockDefaults> {
  const databases = await readSystemDatabases(files)
  const members = Object.keys(GNOME_KEYS) as (keyof GnomeLock)[] // the keys of a constant of ours
  const gnomeLocked = new Set(members.filter((member) => databases.some((one) => isLocked(one, GNOME_KEYS[member]))))
  const kde = await readOptional(files, '/etc/xdg/kscreenlockerrc')
  return {
    // The first database of the profile that sets a key wins, so it is spread last.
    gnome: Object.assign({}, ...databases.map(gnomeLockOf).toReversed()),
    gnomeLocked,
    kde: kde === undefined ? {} : kdeLockOf(parseKeyFile(kde) ?? malformed('/etc/xdg/kscreenlockerrc')),
  }
}

/** See dconf(7): without a profile of that name only the user's own database is read. */
async function readSystemDatabases(files: TrustedFileReader): Promise<readonly DconfDatabase[]> {
  const profile = (await readOptional(files, '/etc/dconf/profile/user')) ?? ''
  const names = profile.split('\n').flatMap((line) => /^\s*system-db:([\w.-]+)\s*(?:#.*)?$/.exec(line)?.[1] ?? [])
  const databases: DconfDatabase[] = []
  const present = (await listOptional(files, '/etc/dconf/db')) ?? []
  for (const name of names) {
    if (!present.some((entry) => entry.name === name)) continue
    const path = `/etc/dconf/db/${name}`
    databases.push(parseDconfDatabase(await files.read(path, { maxBytes: DCONF_BYTES })) ?? malformed(path))
  }
  return databases
}

function isLocked({ locks }: DconfDatabase, key: string): boolean {
  return [...locks].some((lock) => lock === key || (lock.endsWith('/') && key.startsWith(lock)))
}

function malformed(path: string): never {
  throw new SuretyError('INPUT_MALFORMED', `${path} has a form not known`)
}
