import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Gap } from '../../protocol/evidence.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Batch, Place } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { Connection } from './connection.ts'
import { createPace } from './pace.ts'

export interface SenderComponents {
  readonly clock: Clock
  readonly spool: Spool
  readonly connection: Connection
  /** Signs a gap record at the head of the chain. Durable when it resolves. */
  readonly tellGap: (gap: Gap, options: { signal: AbortSignal }) => Promise<Batch>
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
  { acknowledged }: { readonly acknowledged: Place },
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, spool, connection } = components
  const pace = createPace({ clock }, RATE)
  const send = async ({ jws }: Batch) => {
    await pace.take(jws.length, { signal })
    if (!(await connection.send(jws))) await aborted(signal)
  }
  let sequence = await closeGap(components, acknowledged, send, signal)
  for (;;) {
    await spool.waitBeyond(sequence, { signal })
    const batch = spool.read(sequence + 1)
    if (batch !== undefined) {
      await send(batch)
      sequence = batch.sequence
      continue
    }
    // A gap record that went ahead was acknowledged at its own place, and let go, before we came there.
    const acknowledged = spool.chain?.acknowledged.sequence ?? 0
    if (acknowledged <= sequence) throw new SuretyError('SPOOL_FULL', 'a batch was dropped before it could be sent')
    sequence = acknowledged
  }
}

/** @returns the sequence after which the held batches follow. */
async function closeGap(
  { spool, tellGap }: SenderComponents,
  acknowledged: Place,
  send: (batch: Batch) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const floorOf = () => spool.chain?.floor ?? acknowledged
  for (let floor = floorOf(); floor.sequence > acknowledged.sequence; floor = floorOf()) {
    const range = { firstSequence: acknowledged.sequence + 1, lastSequence: floor.sequence }
    const told =
      spool.readGap(range) ?? (await tellGap({ ...range, before: acknowledged.hash, last: floor.hash }, { signal }))
    // More may have been dropped while it was signed: then it says too little.
    if (floorOf().sequence !== floor.sequence) continue
    await send(told)
    return floor.sequence
  }
  return acknowledged.sequence
}

/** Never resolves: why the connection ended is for its reader to say. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
