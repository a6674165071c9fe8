import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { equalBytes, fromUtf8, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { syncFolder } from '../../system/files/own/durable-folder.ts'
import { openCheckpoint } from '../../tlog/checkpoints.ts'
import { formatNoteKey } from '../../tlog/note-keys.ts'
import type { KeyPlace } from './key-place.ts'
import { isThere, keyPlace, type LogKey, openLogKey, publicLogKey } from './log-key.ts'
import type { RecordStore } from './record-store.ts'
import { rootOf } from './sequencer.ts'
import type { TokenInit } from './token-key.ts'

/**
 * Opens the log so that it never forks: a log that signed a checkpoint never signs another view of it. The newest checkpoint is
 * kept beside the database. A database that was restored begins a new log, with a key of its own.
 */

interface OpenLogComponents {
  readonly store: {
    readonly record: RecordStore
    readonly audit: {
      add(act: {
        readonly at: number
        readonly actor: string
        readonly act: 'record-continued'
        readonly subject: string
        readonly details: Readonly<Record<string, string | number>>
      }): Promise<void>
    }
    readonly witnesses: { clear(): Promise<void> }
    readonly restores: { mark(): Promise<{ readonly backup: string } | undefined> }
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
  /** Asks the witnesses of the log how much they have seen of it. Absent: it has none. */
  readonly lastSeen?: (checkpoint: string) => Promise<readonly LastSeen[]>
}

/** Of one witness. */
interface LastSeen {
  readonly name: string
  readonly size?: number
  /** Why it did not answer. */
  readonly problem?: string
}

interface OpenedLog extends LogKey {
  /** Keeps a checkpoint beside the database. Before others may see it. */
  readonly keep: (note: string) => Promise<void>
}

const KEPT_FILE = 'record.checkpoint'
const MAX_BYTES = 128 * 1024

interface OpenLogInit {
  readonly dataFolder: string
  readonly origin?: string | undefined
  /** Absent: the key is in a file. */
  readonly token?: TokenInit | undefined
  /** A key that is gone may be replaced: the register has no devices and no administrators yet. */
  readonly mayFound: boolean
}

/**
 * @throws `STORE_CORRUPT` if the database has fewer or other entries than the kept checkpoint, or the key is gone; `KEY_*`;
 * `CONFIG_INVALID` if the key is in another place than `token` says.
 */
export async function openLog(
  components: OpenLogComponents,
  { dataFolder, origin, token, mayFound }: OpenLogInit,
): Promise<OpenedLog> {
  const { store } = components
  const place = keyPlace(join(dataFolder, 'keys'), token)
  const path = join(dataFolder, KEPT_FILE)
  const mark = await store.restores.mark()
  if (mark !== undefined) await beginAgain(components, { place, path, origin, backup: mark.backup })
  if (mayFound && !isThere(place.path)) {
    await writeDurably(path, new Uint8Array(), { mode: 0o600 })
    await store.record.removeCheckpoint()
  }
  // Empty: a new log begins.
  const kept = (await readIfPresent(path, { maxBytes: MAX_BYTES })) ?? new Uint8Array()
  const stored = await store.record.checkpoint()
  const opened = await openLogKey(place, { origin, mayMake: stored === undefined && kept.length === 0 })
  try {
    if (kept.length > 0) await requireContinued(store.record, opened, { path, kept, keyFile: basename(place.path) })
  } catch (error) {
    opened.close?.()
    throw error
  }
  return { ...opened, keep: (note) => writeDurably(path, utf8(note), { mode: 0o600 }) }
}

/**
 * The key of a restored database signed more than the database has. It is set aside, and signs nothing any more. The entry
 * `record-continued` says what witnesses had seen of its log, so that nobody has to guess how much is missing.
 */
async function beginAgain(
  { store, clock, lastSeen }: OpenLogComponents,
  init: {
    readonly place: KeyPlace
    readonly path: string
    readonly origin: string | undefined
    readonly backup: string
  },
): Promise<void> {
  const { place, path, origin, backup } = init
  const keys = dirname(place.path)
  const aside = join(keys, basename(place.path).replace('record.', `record.${backup}.`))
  if (isThere(aside) || !isThere(place.path)) return
  const key = await publicLogKey(place, origin)
  const { size = 0, note } = (await store.record.checkpoint()) ?? {}
  const seen = note === undefined ? [] : ((await lastSeen?.(note)) ?? [])
  const details = { backup, key: formatNoteKey(key), size, ...whatWitnessesSaw(seen, size) }
  await store.transaction(async () => {
    await store.record.removeCheckpoint()
    await store.witnesses.clear()
    await store.audit.add({ at: clock.now(), actor: 'directory', act: 'record-continued', subject: backup, details })
  })
  await writeDurably(path, utf8(''), { mode: 0o600 })
  await rename(place.path, aside)
  await syncFolder(keys)
}

function whatWitnessesSaw(seen: readonly LastSeen[], size: number): Readonly<Record<string, string | number>> {
  const silent = seen.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]))
  const sizes = seen.flatMap((one) => one.size ?? [])
  const witnessed = Math.max(0, ...sizes)
  return {
    ...(sizes.length === 0 ? { witnessed: 'unknown' } : { witnessed, missing: Math.max(0, witnessed - size) }),
    ...(silent.length === 0 ? {} : { silent: silent.join('; ').slice(0, 1_000) }),
  }
}

/** @throws `STORE_CORRUPT`. */
async function requireContinued(
  record: RecordStore,
  { key }: LogKey,
  { path, kept, keyFile }: { readonly path: string; readonly kept: Uint8Array; readonly keyFile: string },
): Promise<void> {
  const open = async () => openCheckpoint(fromUtf8(kept), { origin: key.name, logKeys: [key] })
  const { size, root } = await open().catch((cause: unknown) => {
    const how = `is not signed by the key in ${keyFile} for ${JSON.stringify(key.name)}`
    const advice = 'set record.origin to what it was, or restore both files from a backup'
    throw new SuretyError('STORE_CORRUPT', `the checkpoint in ${JSON.stringify(path)} ${how}: ${advice}`, { cause })
  })
  const present = await record.size()
  if (present >= size && equalBytes(await rootOf(record, size), root)) return
  const what =
    present < size ? `has ${present} entries of ${size} that the log signed` : 'has other entries than the log signed'
  const instead = 'restore it with surety-directory backup restore, which begins a new log'
  throw new SuretyError('STORE_CORRUPT', `the record would fork: the database ${what}; ${instead}`)
}
