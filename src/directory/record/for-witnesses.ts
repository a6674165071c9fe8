import { toBase64Url } from '../../base/bytes.ts'
import type { CheckpointFrame } from '../../protocol/messages/frames.ts'
import { parseCheckpoint } from '../../tlog/checkpoints.ts'
import { formatNoteKey } from '../../tlog/note-keys.ts'
import { parseNote } from '../../tlog/notes.ts'
import { consistencyProof } from '../../tlog/proofs.ts'
import type { LogKey } from './log-key.ts'
import type { RecordStore } from './record-store.ts'
import { subtreesOf } from './sequencer.ts'

export interface ForWitnessesComponents {
  readonly store: { readonly record: Pick<RecordStore, 'checkpoint' | 'tile'> }
  readonly logKey: Pick<LogKey, 'key'>
}

/**
 * The newest checkpoint, and the proof that it continues the one that a device keeps. What the device sent is not verified: it only
 * says from where on it wants the proof. Undefined while there is no checkpoint.
 *
 * @throws `INPUT_*` for a note that is no checkpoint.
 */
export async function recordForWitness(
  { store: { record }, logKey }: ForWitnessesComponents,
  kept: string | undefined,
): Promise<Pick<CheckpointFrame, 'key' | 'checkpoint' | 'consistency'> | undefined> {
  const newest = await record.checkpoint()
  if (newest === undefined) return undefined
  const from = kept === undefined ? 0 : parseCheckpoint(parseNote(kept).text).size
  // A larger one is of a record that went back: the device is to see that.
  const proof = from > newest.size ? [] : await consistencyProof(from, newest.size, subtreesOf(record, newest.size))
  return { key: formatNoteKey(logKey.key), checkpoint: newest.note, consistency: proof.map(toBase64Url) }
}
