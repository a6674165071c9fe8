import { fromUtf8 } from '../../../base/bytes.ts'
import { SuretyError } from '../../../base/errors.ts'
import { parseJson } from '../../../base/json.ts'
import { asObject, type JsonObject, objectOf } from '../../../base/json-object.ts'
import { type EntryView, RECORD_ENTRY_BYTES } from '../../../protocol/nouns/directory/record.ts'
import { checkConsistency, checkInclusion } from '../../../tlog/check-proofs.ts'
import { type OpenedCheckpoint, openCheckpoint } from '../../../tlog/checkpoints.ts'
import { type NoteKey, parseNoteKey } from '../../../tlog/note-keys.ts'
import { parseNote } from '../../../tlog/notes.ts'
import { parseProof } from '../../../tlog/proof-files.ts'
import { consistencyProof } from '../../../tlog/proofs.ts'
import { tilePath } from '../../../tlog/tile-paths.ts'
import { subtreesFromTiles } from '../../../tlog/tiles.ts'
import { leafHash } from '../../../tlog/tree-hash.ts'

/** What the page verifies of the log, with the code of `surety audit verify`. It believes no answer of the directory. */

/** The last checkpoint that was verified in this browser, and the key that signed it. */
export interface KeptCheckpoint {
  readonly key: string
  /** A signed note. */
  readonly note: string
}

export interface LogSource {
  /** The public key of the log, as the directory says it. */
  readonly key: string
  readonly kept: KeptCheckpoint | undefined
  /** A file below `/tlog`. Rejects where there is none. */
  read(path: string): Promise<Uint8Array>
}

export interface VerifiedLog {
  readonly newest: OpenedCheckpoint
  /** Of the newest checkpoint. */
  readonly note: string
  /** How many entries the log had when this browser saw it last. Absent: this is the first time. */
  readonly keptSize?: number
}

/**
 * Verifies the newest checkpoint, and that it continues the one that this browser keeps.
 * @throws `LOG_UNKNOWN` for another key than before; `LOG_INCONSISTENT` for a log that went back or was changed; as `openCheckpoint`.
 */
export async function verifyLog(source: LogSource): Promise<VerifiedLog> {
  const { key, kept, read } = source
  if (kept !== undefined && kept.key !== key) {
    throw new SuretyError('LOG_UNKNOWN', 'The log has another key than when this browser saw it last.')
  }
  const note = new TextDecoder().decode(await read('checkpoint'))
  const newest = await opened(note, key)
  if (kept === undefined) return { newest, note }
  const before = await opened(kept.note, key)
  await requireContinued(before, newest, source)
  return { newest, note, keptSize: before.size }
}

export interface VerifiedEntry extends VerifiedLog {
  readonly index: number
  /** The checkpoint in the proof. */
  readonly checkpoint: OpenedCheckpoint
}

/**
 * Verifies that an entry is in the log as it is shown, and the log itself.
 * @param view as the API answers it, with its proof. @throws as `verifyLog`; `PROOF_INVALID`, `INPUT_*`.
 */
export async function verifyEntry(view: EntryView, source: LogSource): Promise<VerifiedEntry> {
  const { index, proof: hashes, checkpoint: note, extra } = parseProof(view.proof ?? '')
  if (extra === undefined) throw new SuretyError('INPUT_MALFORMED', 'The proof has no entry with it.')
  const checkpoint = await opened(note, source.key)
  const { size, root } = checkpoint
  checkInclusion({ leaf: leafHash(extra), index, size, root, proof: hashes })
  requireShown(view, index, extra)
  const log = await verifyLog(source)
  await requireContinued(checkpoint, log.newest, source)
  return { ...log, index, checkpoint }
}

/** Who cosigned the newest checkpoint that witnesses cosigned. */
export interface Cosigned {
  readonly size: number
  readonly lines: readonly { readonly name: string; readonly time?: number }[]
}

/**
 * @param note a checkpoint with cosignatures. @param witnessKeys of witnesses that this browser knows: theirs are verified, and only
 * they have a time. @throws as `openCheckpoint`.
 */
export async function readCosigned(note: string, key: string, witnessKeys: readonly NoteKey[]): Promise<Cosigned> {
  const log = parseNoteKey(key)
  const trusted = { origin: log.name, logKeys: [log], witnessKeys }
  const { size, cosignatures } = await openCheckpoint(note, trusted)
  const names = parseNote(note).signatures.flatMap(({ name }) => (name === log.name ? [] : [name]))
  const lines = [...new Set(names)].map((name) => {
    const time = cosignatures.find((each) => each.key.name === name)?.time
    return { name, ...(time === undefined ? {} : { time: time * 1000 }) }
  })
  return { size, lines }
}

function opened(note: string, key: string): Promise<OpenedCheckpoint> {
  const parsed = parseNoteKey(key)
  return openCheckpoint(note, { origin: parsed.name, logKeys: [parsed] })
}

async function requireContinued(before: OpenedCheckpoint, now: OpenedCheckpoint, { read }: LogSource): Promise<void> {
  if (before.size > now.size) {
    throw new SuretyError('LOG_INCONSISTENT', `The log went back: it had ${before.size} entries, and has ${now.size}.`)
  }
  const subtrees = subtreesFromTiles(now.size, ({ level, index, width }) => read(tilePath(level, index, width)))
  const proof = await consistencyProof(before.size, now.size, subtrees)
  try {
    checkConsistency({ oldSize: before.size, oldRoot: before.root, size: now.size, root: now.root, proof })
  } catch (cause) {
    throw new SuretyError('LOG_INCONSISTENT', `The log has other entries than before among its first ${before.size}.`, {
      cause,
    })
  }
}

/** A personal text is sealed in the log: the page cannot compare it. */
const isSealed = (value: unknown) => typeof asObject(value).sealed === 'string'

/** Members that an entry and its view have under one name. */
const SAME = ['id', 'time', 'entered', 'act', 'onBehalfOf', 'subject', 'device', 'agent'] as const
const MORE = ['attempt', 'outcome', 'policy'] as const

/** What is shown of an entry must be what the log has. @throws `PROOF_INVALID` with the first member that differs. */
function requireShown(view: EntryView, index: number, bytes: Uint8Array): void {
  const entry = asObject(parseJson(fromUtf8(bytes), { maxBytes: RECORD_ENTRY_BYTES, maxDepth: 16 }))
  const [actor, from] = [objectOf(entry, 'actor'), objectOf(entry, 'from')]
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['index', view.index, index],
    ...[...SAME, ...MORE].map((name) => [name, view[name], entry[name]] as const),
    ['actor', view.actor, actor.id],
    ['kind of the actor', view.actorKind, actor.kind],
    ['session', view.session, from.session],
    ['token', view.token, from.token],
  ]
  const wrong = pairs.find(([, shown, logged]) => shown !== logged)?.[0] ?? differingValue(view, entry)
  if (wrong === undefined) return
  throw new SuretyError('PROOF_INVALID', `The directory answered another ${wrong} than the log has.`)
}

function differingValue(view: EntryView, entry: JsonObject): string | undefined {
  return (['before', 'after', 'details'] as const).find((name) => {
    if ((view[name] === undefined) !== (entry[name] === undefined)) return true
    const [shown, logged] = [asObject(view[name]), objectOf(entry, name)]
    if (Object.keys(shown).toSorted().join('\n') !== Object.keys(logged).toSorted().join('\n')) return true
    return Object.entries(logged).some(([key, value]) => !isSealed(value) && !isSame(shown[key], value))
  })
}

/** The order of members does not count. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted)
}

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
