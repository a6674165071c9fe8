import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { ChainOwner, ChainPosition } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { Connection } from './connection.ts'

export interface MeetComponents {
  readonly spool: Spool
  readonly log: Log
}

/** How long the directory may take to see a fork that it is shown. */
const SHOW_WITHIN_MS = 5_000

/**
 * Holds the position that the directory acknowledges against our chain, before anything else is sent.
 *
 * @throws `EVIDENCE_FORKED` when its chain is not ours.
 */
export async function meet(
  { spool, log }: MeetComponents,
  { connection, identity }: { readonly connection: Connection; readonly identity: ChainOwner },
  position: ChainPosition,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  // Before the chain is looked at: what a failed commit left in it is known once it was read.
  const ours = position.sequence === 0 ? position.hash : spool.hashAt(position.sequence)
  const { chain } = spool
  if (chain === undefined) {
    spool.adopt(identity, position)
    return
  }
  const unknown = ours === undefined && position.sequence < chain.floor.sequence
  if (position.sequence > chain.head.sequence || (!unknown && ours !== position.hash)) {
    await showFork(spool, connection, position.sequence, signal)
    throw new SuretyError(
      'EVIDENCE_FORKED',
      `the directory is at ${position.sequence} of a chain that is not ours (${chain.head.sequence})`,
    )
  }
  if (position.sequence < chain.acknowledged.sequence) {
    log.warn('the directory has forgotten evidence that it acknowledged: it gets what is still here', {
      firstSequence: position.sequence + 1,
      lastSequence: chain.acknowledged.sequence,
    })
  }
  spool.acknowledge(position)
}

/**
 * Who is ahead of the directory attests a position that it does not have yet, and so it cannot see that the chains parted
 * below. Our own batch at its position shows it: both ends then know. Its refusal ends the connection.
 */
async function showFork(spool: Spool, connection: Connection, sequence: number, signal: AbortSignal): Promise<void> {
  const batch = spool.read(sequence)
  if (batch === undefined || !(await connection.send(batch.jws))) return
  const patience = AbortSignal.any([signal, AbortSignal.timeout(SHOW_WITHIN_MS)])
  try {
    for (;;) await connection.next({ signal: patience })
  } catch {
    signal.throwIfAborted()
  }
}
