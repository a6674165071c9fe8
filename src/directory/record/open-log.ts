import { lstatSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, fromUtf8, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { syncFolder } from '../../system/files/own/durable-folder.ts'
import { openCheckpoint } from '../../tlog/checkpoints.ts'
import { formatNoteKey } from '../../tlog/note-keys.ts'
import { type LogKey, openLogKey, RECORD_KEY_FILE } from './log-key.ts'
import type { RecordStore } from './record-store.ts'
import { rootOf } from './sequencer.ts'

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
    readonly restores: { mark(): Promise<{ readonly backup: string } | undefined> }
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
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
  /** A key that is gone may be replaced: the register has no devices and no administrators yet. */
  readonly mayFound: boolean
}

/**
 * @throws `STORE_CORRUPT` if the database has fewer or other entries than the kept checkpoint, or the key is gone; `KEY_MALFORMED`.
 */
export async function openLog(
  { store, clock }: OpenLogComponents,
  { dataFolder, origin, mayFound }: OpenLogInit,
): Promise<OpenedLog> {
  const keys = join(dataFolder, 'keys')
  const path = join(dataFolder, KEPT_FILE)
  const mark = await store.restores.mark()
  if (mark !== undefined) await beginAgain({ store, clock }, { keys, path, origin, backup: mark.backup })
  if (mayFound && lstatSync(join(keys, RECORD_KEY_FILE), { throwIfNoEntry: false }) === undefined) {
    await writeDurably(path, new Uint8Array(), { mode: 0o600 })
    await store.record.removeCheckpoint()
  }
  // Empty: a new log begins.
  const kept = (await readIfPresent(path, { maxBytes: MAX_BYTES })) ?? new Uint8Array()
  const stored = await store.record.checkpoint()
  const opened = await openLogKey(keys, { origin, mayMake: stored === undefined && kept.length === 0 })
  if (kept.length > 0) await requireContinued(store.record, opened, { path, kept })
  return { ...opened, keep: (note) => writeDurably(path, utf8(note), { mode: 0o600 }) }
}

/** The key of a restored database signed more than the database has. It is set aside, and signs nothing any more. */
async function beginAgain(
  { store, clock }: OpenLogComponents,
  init: { readonly keys: string; readonly path: string; readonly origin: string | undefined; readonly backup: string },
): Promise<void> {
  const { keys, path, origin, backup } = init
  const old = join(keys, RECORD_KEY_FILE)
  const aside = join(keys, `record.${backup}.key.pem`)
  const isDone = lstatSync(aside, { throwIfNoEntry: false }) !== undefined
  if (isDone || lstatSync(old, { throwIfNoEntry: false }) === undefined) return
  const { key } = await openLogKey(keys, { origin, mayMake: false })
  await store.transaction(async () => {
    const { size = 0 } = (await store.record.checkpoint()) ?? {}
    await store.record.removeCheckpoint()
    const details = { backup, key: formatNoteKey(key), size }
    await store.audit.add({ at: clock.now(), actor: 'directory', act: 'record-continued', subject: backup, details })
  })
  await writeDurably(path, utf8(''), { mode: 0o600 })
  await rename(old, aside)
  await syncFolder(keys)
}

/** @throws `STORE_CORRUPT`. */
async function requireContinued(
  record: RecordStore,
  { key }: LogKey,
  { path, kept }: { readonly path: string; readonly kept: Uint8Array },
): Promise<void> {
  const open = async () => openCheckpoint(fromUtf8(kept), { origin: key.name, logKeys: [key] })
  const { size, root } = await open().catch((cause: unknown) => {
    const how = `is not signed by the key in ${RECORD_KEY_FILE} for ${JSON.stringify(key.name)}`
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
