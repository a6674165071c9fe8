import { sign } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fromUtf8, toHex, utf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { makeEd25519Key, readEd25519Key } from '../../system/files/own/ed25519-key-file.ts'
import { preparePrivateFolder } from '../../system/files/own/prepare-folder.ts'
import { lockForProcess } from '../../system/sqlite/process-lock.ts'
import { type Checkpoint, parseCheckpoint } from '../../tlog/checkpoints.ts'
import { formatNoteKey, type NoteKey, type NoteSigner, noteKey, noteSigner } from '../../tlog/note-keys.ts'
import { MAX_NOTE_LENGTH, openNote } from '../../tlog/notes.ts'
import { sha256 } from '../../tlog/primitives.ts'

/** What a witness keeps: its key, and the last checkpoint of each log that it cosigned. Each file is whole and on disk or not there. */

const KEY_FILE = 'witness.key.pem'
const PUBLIC_KEY_FILE = 'witness.vkey'
const CHECKPOINT = '.checkpoint'

export interface WitnessState extends Disposable {
  readonly key: NoteKey
  readonly signer: NoteSigner
  /** The last one that was cosigned, with its signatures. @throws `STORE_CORRUPT` if the file was changed. */
  readonly load: (origin: string) => Promise<CosignedCheckpoint | undefined>
  /** On disk when it resolves. @throws `STORE_FAILED`. */
  readonly save: (origin: string, note: string) => Promise<void>
}

export interface CosignedCheckpoint extends Checkpoint {
  readonly note: string
}

export interface StateInit {
  readonly folder: string
  /** Of the witness. Needed the first time only. */
  readonly name: string | undefined
  readonly now: () => number
}

/**
 * Opens the folder for one process, and makes it and the key the first time.
 * @throws `CONFLICT` if another process has it; `USAGE_INVALID` without a name the first time, or with another one later;
 * `STORE_CORRUPT`, `STORE_FAILED`.
 */
export async function openWitnessState({ folder, name, now }: StateInit): Promise<WitnessState> {
  await preparePrivateFolder(folder, { name: 'folder of the witness', depth: 0, readable: 'closed' })
  const lock = lockForProcess({
    path: join(folder, 'lock.sqlite'),
    self: { pid: process.pid, host: hostname(), since: now() },
    waitMs: 0,
    refusal: (holder) => `another witness${holder} uses ${folder}: stop it, or use another folder`,
  })
  try {
    const { key, privateKey } = await openKey(folder, name)
    const fileOf = (origin: string) => join(folder, originHash(origin) + CHECKPOINT)
    return {
      key,
      signer: noteSigner(key, (message) => sign(null, message, privateKey), now),
      async load(origin) {
        const path = fileOf(origin)
        const bytes = await readIfPresent(path, { maxBytes: 3 * MAX_NOTE_LENGTH, ownerOnly: true })
        return bytes === undefined ? undefined : await readCosigned(path, bytes, { origin, key })
      },
      save: (origin, note) => writeDurably(fileOf(origin), utf8(note), { mode: 0o600 }),
      [Symbol.dispose]: () => lock[Symbol.dispose](),
    }
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

/** In the paths of C2SP tlog-witness: the SHA-256 in hex. */
export function originHash(origin: string): string {
  return toHex(sha256(utf8(origin)))
}

async function readCosigned(
  path: string,
  bytes: Uint8Array,
  { origin, key }: { readonly origin: string; readonly key: NoteKey },
): Promise<CosignedCheckpoint> {
  try {
    const note = fromUtf8(bytes)
    const checkpoint = parseCheckpoint((await openNote(note, [key])).text)
    if (checkpoint.origin !== origin) throw new SuretyError('STORE_CORRUPT', `it is of ${checkpoint.origin}`)
    return { ...checkpoint, note }
  } catch (cause) {
    const shown = JSON.stringify(path)
    const message = `${shown} is not what this witness cosigned: restore it from a backup (${describeError(cause)})`
    throw new SuretyError('STORE_CORRUPT', message, { cause })
  }
}

async function openKey(folder: string, name: string | undefined) {
  const [keyPath, publicPath] = [join(folder, KEY_FILE), join(folder, PUBLIC_KEY_FILE)]
  const kept = await readEd25519Key(keyPath)
  const stored = await readIfPresent(publicPath, { maxBytes: 4096, ownerOnly: true })
  if (kept === undefined && (stored !== undefined || (await hasCheckpoints(folder)))) {
    throw new SuretyError('STORE_CORRUPT', `${JSON.stringify(keyPath)}, the key of the witness, is gone: restore it`)
  }
  const known = stored === undefined ? undefined : fromUtf8(stored).trim()
  const nameOf = known?.split('+')[0] ?? name
  if (nameOf === undefined) {
    throw new SuretyError('USAGE_INVALID', 'a new witness needs a name: give --name, such as witness.example.org/w1')
  }
  if (name !== undefined && name !== nameOf) {
    throw new SuretyError('USAGE_INVALID', `the witness of ${folder} is named ${nameOf}, and keeps its name`)
  }
  // Before a key is made: the name may be none.
  noteKey('cosignature', nameOf, new Uint8Array(32))
  const { privateKey, publicKey } = kept ?? (await makeEd25519Key(keyPath))
  const key = noteKey('cosignature', nameOf, publicKey)
  if (known === undefined) await writeDurably(publicPath, utf8(`${formatNoteKey(key)}\n`), { mode: 0o600 })
  else if (known !== formatNoteKey(key)) {
    throw new SuretyError('STORE_CORRUPT', `${JSON.stringify(keyPath)} is not the key of ${JSON.stringify(publicPath)}`)
  }
  return { key, privateKey }
}

async function hasCheckpoints(folder: string): Promise<boolean> {
  return (await readdir(folder)).some((file) => file.endsWith(CHECKPOINT) && !file.startsWith('.'))
}
