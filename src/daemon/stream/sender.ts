import { type Clock, untilAborted } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Gap } from '../../protocol/messages/evidence.ts'
import type { Batch, ChainPosition } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { Connection } from './connection.ts'

export interface SenderComponents {
  readonly clock: Clock
  readonly spool: Spool
  readonly connection: Connection
  /** Signs a gap record at the head of the chain. It is durable when the promise resolves. */
  readonly recordGap: (gap: Gap, options: { signal: AbortSignal }) => Promise<Batch>
  /** Reports everything again behind a gap record that is about to be sent. See `EvidenceBuilder.reportAllAgain`. */
  readonly reportAllAgain: () => void
}

export interface SenderInit {
  /** The directory's position at the welcome. */
  readonly acknowledged: ChainPosition
  /** The newest sequence number that the directory has acknowledged on this connection. */
  readonly acknowledgedSequence: () => number
}

/** Below the directory's limits, so that its own rate limit never delays this device. */
const RATE = { bytesPerSecond: LIMITS.evidenceRateBytes * 0.8, burstBytes: LIMITS.evidenceBurstBytes * 0.8 }

/**
 * Sends the batches that the directory does not have, byte for byte and in order, then each batch that is appended. A gap
 * record reports what the spool no longer holds, and goes first (see `spool/spool.ts`).
 *
 * @throws `SPOOL_FULL` when a batch was dropped before it was sent. The next connection begins with a gap record.
 */
export async function sendEvidence(
  components: SenderComponents,
  { acknowledged, acknowledgedSequence }: SenderInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, spool, connection, reportAllAgain } = components
  const rateLimit = createRateLimit({ clock }, RATE)
  const send = async ({ jws }: Batch) => {
    await rateLimit.take(jws.length, { signal })
    // `connection.next` throws the reason in the session's receiver, which ends this too.
    if (!(await connection.send(jws))) await untilAborted({ signal })
  }
  const gap = await gapRecord(components, acknowledged, signal)
  // The drain begins after the gap record is signed: appending that record must not wait for room.
  using _ = spool.drain()
  if (gap !== undefined) {
    reportAllAgain()
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
    // The batch was acknowledged and dropped before its turn: a gap record that was sent first, at its own position. The
    // spool's `acknowledged` does not count here, as a restored directory may have forgotten that.
    if (acknowledgedSequence() <= sequence) {
      throw new SuretyError('SPOOL_FULL', 'a batch was dropped before it could be sent')
    }
    sequence = acknowledgedSequence()
  }
}

/** Finds or signs the record of all batches that neither the directory nor the spool has. */
async function gapRecord(
  { spool, recordGap }: SenderComponents,
  acknowledged: ChainPosition,
  signal: AbortSignal,
): Promise<{ readonly record: Batch; readonly lastSequence: number } | undefined> {
  const floorOf = () => spool.chain?.floor ?? acknowledged
  for (let floor = floorOf(); floor.sequence > acknowledged.sequence; floor = floorOf()) {
    const range = { firstSequence: acknowledged.sequence + 1, lastSequence: floor.sequence }
    const record =
      spool.readGap(range) ?? (await recordGap({ ...range, before: acknowledged.hash, last: floor.hash }, { signal }))
    // If more batches were dropped meanwhile, the record covers too few and another one is needed.
    if (floorOf().sequence === floor.sequence) return { record, lastSequence: floor.sequence }
  }
  return undefined
}

/** A token bucket: a burst at first, then a sustained rate. */
function createRateLimit(
  { clock }: { readonly clock: Clock },
  init: { readonly bytesPerSecond: number; readonly burstBytes: number },
): { take(bytes: number, options: { signal: AbortSignal }): Promise<void> } {
  let allowance = init.burstBytes
  let at = clock.monotonic()
  return {
    async take(bytes, options) {
      const now = clock.monotonic()
      allowance = Math.min(init.burstBytes, allowance + ((now - at) * init.bytesPerSecond) / 1000) - bytes
      at = now
      if (allowance < 0) await clock.sleep((-allowance * 1000) / init.bytesPerSecond, options)
    },
  }
}
