import { type Clock, orAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Gap } from '../../protocol/evidence.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Batch, ChainPosition } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { Connection } from './connection.ts'
import { createPace } from './pace.ts'

export interface SenderComponents {
  readonly clock: Clock
  readonly spool: Spool
  readonly connection: Connection
  /** Signs a gap record at the head of the chain. Durable when it resolves. */
  readonly tellGap: (gap: Gap, options: { signal: AbortSignal }) => Promise<Batch>
  /** The gap that was signed last is the one that goes out: what the missing batches told is told anew behind it. */
  readonly tellAnew: () => void
}

export interface SenderInit {
  /** What the directory had as the connection began. */
  readonly acknowledged: ChainPosition
  /** The newest sequence number that it has acknowledged on this connection. */
  readonly reached: () => number
}

/** Below the directory's limits, so that its bucket never has to hold us back. */
const RATE = { bytesPerSecond: LIMITS.evidenceRateBytes * 0.8, burstBytes: LIMITS.evidenceBurstBytes * 0.8 }

/**
 * Sends what the directory does not have, byte for byte and in order, then whatever is appended. What the spool no
 * longer holds is told first by a gap record (see `spool/spool.ts`).
 *
 * @throws `SPOOL_FULL` when a batch was dropped before it could be sent: the next connection begins with a gap.
 */
export async function sendEvidence(
  components: SenderComponents,
  { acknowledged, reached }: SenderInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, spool, connection, tellAnew } = components
  const pace = createPace({ clock }, RATE)
  const send = async ({ jws }: Batch) => {
    await pace.take(jws.length, { signal })
    // Why the connection ended is for its reader to say.
    if (!(await connection.send(jws))) await orAborted(new Promise<never>(() => undefined), signal)
  }
  const gap = await gapRecord(components, acknowledged, signal)
  // Only from here on: while a gap record is signed nothing is on its way, and nobody may wait for it.
  using _ = spool.drain()
  if (gap !== undefined) {
    tellAnew()
    await send(gap.record)
  }
  let sequence = gap?.lastSequence ?? acknowledged.sequence
  for (;;) {
    await spool.waitBeyond(sequence, { signal })
    const batch = spool.read(sequence + 1)
    if (batch !== undefined) {
      await send(batch)
      sequence = batch.sequence
      continue
    }
    // A gap record that went ahead was acknowledged at its own place, and let go, before we came there. What the spool
    // says is acknowledged may be what a restored directory has forgotten.
    if (reached() <= sequence) throw new SuretyError('SPOOL_FULL', 'a batch was dropped before it could be sent')
    sequence = reached()
  }
}

/** What tells of all that the directory does not have and the spool no longer holds. Signed anew when more was dropped. */
async function gapRecord(
  { spool, tellGap }: SenderComponents,
  acknowledged: ChainPosition,
  signal: AbortSignal,
): Promise<{ readonly record: Batch; readonly lastSequence: number } | undefined> {
  const floorOf = () => spool.chain?.floor ?? acknowledged
  for (let floor = floorOf(); floor.sequence > acknowledged.sequence; floor = floorOf()) {
    const range = { firstSequence: acknowledged.sequence + 1, lastSequence: floor.sequence }
    const record =
      spool.readGap(range) ?? (await tellGap({ ...range, before: acknowledged.hash, last: floor.hash }, { signal }))
    // More may have been dropped while it was signed: then it says too little.
    if (floorOf().sequence === floor.sequence) return { record, lastSequence: floor.sequence }
  }
  return undefined
}
