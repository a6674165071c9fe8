import type { Clock } from '../../base/clock.ts'
import { checkpointText } from '../../tlog/checkpoints.ts'
import { signNote } from '../../tlog/notes.ts'
import { type ReadSubtrees, treeRoot } from '../../tlog/proofs.ts'
import { subtreesFromTiles } from '../../tlog/tiles.ts'
import type { LogKey } from './log-key.ts'
import type { RecordStore } from './record-store.ts'

export interface SequencerComponents {
  readonly store: { readonly record: RecordStore }
  readonly clock: Pick<Clock, 'now'>
  readonly logKey: LogKey & { readonly keep?: ((note: string) => Promise<void>) | undefined }
}

/** Others wait for the transaction: some ten milliseconds. */
const AT_ONCE = 1_000

/** Gives entries their index, makes tiles, and signs a checkpoint of what it has. @returns whether there may be more. */
export async function sequenceSome({ store, clock, logKey }: SequencerComponents): Promise<boolean> {
  const grown = await store.record.grow(AT_ONCE)
  const size = await store.record.size()
  const newest = await store.record.checkpoint()
  if (newest?.size !== size) {
    const root = await rootOf(store.record, size)
    const note = await signNote(checkpointText({ origin: logKey.key.name, size, root }), logKey.signer)
    // Nobody sees a checkpoint that this directory could forget.
    await logKey.keep?.(note)
    await store.record.putCheckpoint({ size, note, at: clock.now() })
  }
  return grown === AT_ONCE
}

/** The root of the first `size` entries. */
export function rootOf(record: Pick<RecordStore, 'tile'>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  return treeRoot(size, subtreesOf(record, size))
}

/** Of the record as it was with `size` entries. */
export function subtreesOf(record: Pick<RecordStore, 'tile'>, size: number): ReadSubtrees {
  return subtreesFromTiles(size, async ({ level, index, width }) => {
    const hashes = await record.tile({ level, index })
    return hashes?.subarray(0, width * 32) ?? new Uint8Array()
  })
}

/** Enters acts of before there was a record, each with its own time. */
export async function enterPast({ store, clock }: Omit<SequencerComponents, 'logKey'>): Promise<void> {
  while ((await store.record.enterPast(clock.now(), AT_ONCE)) > 0);
}
