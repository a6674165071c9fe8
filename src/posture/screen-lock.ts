import { SuretyError } from '../base/errors.ts'
import { member } from '../base/json-object.ts'
import { dictionaryOf, parsePropertyList, valueIn } from '../base/property-lists/property-list.ts'
import { closed, counter, reader, type Static, Type } from '../base/schema.ts'
import type { FileReader } from '../system/files/files.ts'
import { type DconfDatabase, parseDconfDatabase } from './parsers/gvdb.ts'
import { type KeyFile, parseKeyFile } from './parsers/key-file.ts'
import { absentAsUndefined } from './read-optional.ts'

/** What one source says about GNOME's screen lock; what is left out is not set there. */
const gnomeLockSchema = closed({
  lockEnabled: Type.Optional(Type.Boolean()),
  lockDisabled: Type.Optional(Type.Boolean()),
  lockDelaySeconds: Type.Optional(counter()),
  idleDelaySeconds: Type.Optional(counter()),
})
export type GnomeLock = Static<typeof gnomeLockSchema>

const kdeLockSchema = closed({
  autolock: Type.Optional(Type.Boolean()),
  timeoutMinutes: Type.Optional(counter()),
  graceSeconds: Type.Optional(counter()),
})
export type KdeLock = Static<typeof kdeLockSchema>

/** Since macOS 10.13 no file of a user says whether a password is asked for; see `darwin/session-screen-lock.ts`. */
const macLockSchema = closed({
  /** Until the screen saver starts; 0: never. */
  idleSeconds: Type.Optional(counter()),
})

/** The settings of one user, as the reader child sends them. Nothing else of their settings leaves the child. */
const screenLockSettingsSchema = closed({
  gnome: gnomeLockSchema,
  kde: kdeLockSchema,
  mac: Type.Optional(macLockSchema),
})
export type ScreenLockSettings = Static<typeof screenLockSettingsSchema>
/** Reads the settings that the child sends. */
export const screenLockSettings = reader(screenLockSettingsSchema, { name: 'screen lock settings' })

/** dconf databases of long-used accounts are some hundred KiB. */
const DCONF_BYTES = 4 * 1024 * 1024
const KDE_BYTES = 64 * 1024
/** Settings of a user for one Mac: the name ends with the id of its hardware. */
const BY_HOST = 'Library/Preferences/ByHost'
const SCREEN_SAVER = /^com\.apple\.screensaver\.[0-9A-F-]{12,36}\.plist$/i
const MOST_ENTRIES = 10_000

/**
 * Reads what the owner of `home` set. Runs in the reader child, with that person's rights.
 *
 * @throws as `FileReader.read` but for `FILE_ABSENT`, and `INPUT_MALFORMED` for a file that is not understood.
 */
export async function readScreenLock(files: FileReader, home: string): Promise<ScreenLockSettings> {
  const dconf = await absentAsUndefined(files.read(`${home}/.config/dconf/user`, { maxBytes: DCONF_BYTES }))
  const kde = await absentAsUndefined(files.readText(`${home}/.config/kscreenlockerrc`, { maxBytes: KDE_BYTES }))
  return {
    gnome: dconf === undefined ? {} : gnomeLockOf(understood('dconf/user', parseDconfDatabase(dconf))),
    kde: kde === undefined ? {} : kdeLockOf(understood('kscreenlockerrc', parseKeyFile(kde))),
    ...member('mac', await readMacLock(files, `${home}/${BY_HOST}`)),
  }
}

/** Undefined where the home has no such settings. Of several the newest counts: a home may have been moved from another Mac. */
async function readMacLock(files: FileReader, folder: string) {
  const entries = await absentAsUndefined(files.list(folder, { maxEntries: MOST_ENTRIES }))
  const found: { readonly path: string; readonly modifiedMs: number }[] = []
  for (const { name } of entries ?? []) {
    if (!SCREEN_SAVER.test(name)) continue
    const path = `${folder}/${name}`
    const modifiedMs = (await files.stat(path))?.modifiedMs
    if (modifiedMs !== undefined) found.push({ path, modifiedMs })
  }
  const [newest] = found.sort((a, b) => b.modifiedMs - a.modifiedMs)
  if (newest === undefined) return undefined
  const bytes = await files.read(newest.path, { maxBytes: KDE_BYTES })
  const settings = understood('com.apple.screensaver', dictionaryOf(parsePropertyList(bytes)))
  return { ...member('idleSeconds', counterOf(valueIn(settings, 'idleTime'))) }
}

function understood<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new SuretyError('INPUT_MALFORMED', `${name} has a form not known`)
  return value
}

export const GNOME_KEYS = {
  lockEnabled: '/org/gnome/desktop/screensaver/lock-enabled',
  lockDisabled: '/org/gnome/desktop/lockdown/disable-lock-screen',
  lockDelaySeconds: '/org/gnome/desktop/screensaver/lock-delay',
  idleDelaySeconds: '/org/gnome/desktop/session/idle-delay',
} as const satisfies Record<keyof GnomeLock, string>

export function gnomeLockOf({ values }: DconfDatabase): GnomeLock {
  return {
    ...member('lockEnabled', booleanOf(values.get(GNOME_KEYS.lockEnabled))),
    ...member('lockDisabled', booleanOf(values.get(GNOME_KEYS.lockDisabled))),
    ...member('lockDelaySeconds', counterOf(values.get(GNOME_KEYS.lockDelaySeconds))),
    ...member('idleDelaySeconds', counterOf(values.get(GNOME_KEYS.idleDelaySeconds))),
  }
}

export function kdeLockOf(file: KeyFile): KdeLock {
  const daemon = file.get('Daemon')
  const autolock = daemon?.get('Autolock')?.toLowerCase()
  return {
    // KConfig takes these four for true, anything else for false.
    ...member('autolock', autolock === undefined ? undefined : ['true', 'on', 'yes', '1'].includes(autolock)),
    ...member('timeoutMinutes', counterOf(numberOf(daemon?.get('Timeout')))),
    ...member('graceSeconds', counterOf(numberOf(daemon?.get('LockGrace')))),
  }
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function counterOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
