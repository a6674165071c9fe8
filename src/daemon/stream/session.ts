import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { runTogether } from '../../base/run-together.ts'
import type { ClaimDecision } from '../../protocol/agent-claim.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import {
  ackReader,
  type CheckpointFrame,
  type CheckpointRequest,
  checkpointFrameReader,
  OFFERED,
  OFFERED_KINDS,
  type Offer,
  type OfferedKind,
  type ResultFrame,
  resultReader,
} from '../../protocol/messages/frames.ts'
import { type JwsKind, jwsKindOf } from '../../protocol/messages/jws-types.ts'
import type { ChainOwner, ChainPosition } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { Identity } from '../state/identity.ts'
import type { Connection } from './connection.ts'
import { type DirectoryKeys, type DirectoryKeysComponents, readChallenge } from './directory-keys.ts'
import { attestationFor, type DeviceProof, type LocalState, type Welcomed } from './handshake.ts'
import { createRenewal, type Renewal, renewInTime } from './renewal.ts'
import { type SenderComponents, sendEvidence } from './sender.ts'

/** What a session needs from the rest of the daemon. */
export interface SessionComponents
  extends Omit<SenderComponents, 'connection'>,
    Pick<DirectoryKeysComponents, 'boot' | 'onTime'> {
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  /** Called for each attestation, so that a key that failed meanwhile is opened again. @throws `KEY_*`, `TPM_*`. */
  readonly proof: (options: { signal: AbortSignal }) => Promise<DeviceProof>
  readonly localState: () => LocalState
  readonly orders: {
    /** Takes all pending orders and the newest order number, which is adopted before any order is acted on. */
    welcomed(welcomed: Welcomed): Promise<void>
    /** Takes one order. @throws when it is not an order of this directory. */
    received(compact: string, keys: DirectoryKeys): Promise<void>
  }
  /** Absent where no directory may replace the catalogue. */
  readonly catalogue?: OfferReceiver | undefined
  /** Absent where nothing keeps a policy of the gate. */
  readonly gatePolicy?: OfferReceiver | undefined
  /** Absent where no record is witnessed. */
  readonly logWitness?: CheckpointReceiver | undefined
  readonly onAcknowledged: (ack: { readonly position: ChainPosition; readonly time: number }) => void
  readonly onResult: (result: AttestationResult) => void
  readonly onClaimDecisions?: ((decisions: readonly ClaimDecision[]) => void) | undefined
}

/** Receives a document that a directory offers. */
export interface OfferReceiver {
  /** Decides whether to ask for it. An offer that cannot be used raises a health warning. */
  wants(offer: Offer | undefined, from: { readonly root: string }): boolean
  /** @throws `FRAME_UNEXPECTED` when none was asked for. Any other fault raises a health warning and the session continues. */
  received(compact: string, from: { readonly root: string; readonly keys: DirectoryKeys }): Promise<void>
}

/** Receives checkpoints of the directory's record. */
export interface CheckpointReceiver {
  /** The request to send with the next chance. Undefined until it is time for one. */
  request(from: { readonly root: string }): CheckpointRequest | undefined
  /** @throws `FRAME_MALFORMED`. */
  received(frame: CheckpointFrame, from: { readonly root: string }): Promise<void>
}

export interface SessionInit {
  readonly heartbeatMs: number
}

export interface LiveSession {
  readonly connection: Connection
  readonly identity: Identity
  readonly welcomed: Welcomed
  /** The directory's chain and this device's chain agree. */
  readonly onChainsAgree: () => void
  /** The session can attest again from now on. */
  readonly onReady: (renewal: Renewal) => void
}

/**
 * Runs an authenticated connection until it ends.
 *
 * @throws the reason why it ended: the code of a refusal, `EVIDENCE_FORKED` when the chains disagree, `DIRECTORY_UNREACHABLE`.
 */
export async function runSession(
  components: SessionComponents,
  init: SessionInit,
  live: LiveSession,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { welcome } = live.welcomed
  const acknowledged = { sequence: welcome.sequence, hash: welcome.head }
  await compareChains(components, live, acknowledged, { signal })
  live.onChainsAgree()
  components.onAcknowledged({ position: acknowledged, time: welcome.time })
  const { connection } = live
  let acknowledgedSequence = acknowledged.sequence
  const onAcknowledged: SessionComponents['onAcknowledged'] = (ack) => {
    acknowledgedSequence = ack.position.sequence
    components.onAcknowledged(ack)
  }
  const ended = new AbortController()
  const renewal = createRenewal(
    { clock: components.clock, send: (frame) => connection.send(frame), head: () => components.localState().head },
    { signal: AbortSignal.any([signal, ended.signal]) },
  )
  // Before any order is taken, because an order to attest requests a renewal at once.
  live.onReady(renewal)
  try {
    await components.orders.welcomed(live.welcomed)
    await runTogether(
      [
        (options) => receive({ ...components, onAcknowledged }, live, renewal, options),
        (options) =>
          sendEvidence(
            { ...components, connection },
            { acknowledged, acknowledgedSequence: () => acknowledgedSequence },
            options,
          ),
        (options) => renewInTime(components, renewal, welcome.attestEveryMs, options),
        (options) => renewal.unanswered(options),
        (options) => watchPeer(components.clock, connection, init, options),
      ],
      { signal },
    )
  } finally {
    ended.abort()
  }
}

/** How long the directory may take to notice a fork that it is shown. */
const SHOW_FORK_TIMEOUT_MS = 5_000

/**
 * Compares the directory's position with this device's chain, before anything else is sent.
 *
 * @throws `EVIDENCE_FORKED` when the directory's chain is another one.
 */
async function compareChains(
  { spool, log }: Pick<SessionComponents, 'spool' | 'log'>,
  { connection, identity }: { readonly connection: Connection; readonly identity: ChainOwner },
  position: ChainPosition,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  // Read the hash before the chain: after a failed commit, reading brings the chain up to date.
  const ownHash = position.sequence === 0 ? position.hash : spool.hashAt(position.sequence)
  const { chain } = spool
  if (chain === undefined) {
    spool.adopt(identity, position)
    return
  }
  const isDropped = ownHash === undefined && position.sequence < chain.floor.sequence
  if (position.sequence > chain.head.sequence || (!isDropped && ownHash !== position.hash)) {
    await showFork(spool, connection, position.sequence, signal)
    throw new SuretyError(
      'EVIDENCE_FORKED',
      `the directory is at sequence ${position.sequence} of another chain than this device (${chain.head.sequence})`,
    )
  }
  if (position.sequence < chain.acknowledged.sequence) {
    log.warn('the directory has lost evidence that it acknowledged: what is still in the spool is sent again', {
      firstSequence: position.sequence + 1,
      lastSequence: chain.acknowledged.sequence,
    })
  }
  spool.acknowledge(position)
}

/**
 * Sends this device's own batch at the directory's position. A device that is ahead attests a position that the directory does
 * not have yet, so that the directory cannot see that the chains parted earlier. With this batch it can, and its refusal ends
 * the connection.
 */
async function showFork(spool: Spool, connection: Connection, sequence: number, signal: AbortSignal): Promise<void> {
  const batch = spool.read(sequence)
  if (batch === undefined || !(await connection.send(batch.jws))) return
  const either = AbortSignal.any([signal, AbortSignal.timeout(SHOW_FORK_TIMEOUT_MS)])
  try {
    for (;;) await connection.next({ signal: either })
  } catch {
    signal.throwIfAborted()
  }
}

async function receive(
  components: SessionComponents,
  live: LiveSession,
  renewal: Renewal,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { connection, identity } = live
  let { keys } = live.welcomed
  /** By kind, the hash of what was asked for and has not arrived. */
  const requested = new Map<OfferedKind, string | undefined>()
  for (;;) {
    const frame = await connection.next({ signal })
    const kind = jwsKindOf(frame)
    if (kind === 'ack') {
      acknowledge(components, identity, keys, frame)
      const request = components.logWitness?.request(identity.pins)
      if (request !== undefined) await connection.send(JSON.stringify(request))
    } else if (kind === 'checkpoint' && components.logWitness !== undefined) {
      const checkpoint = checkpointFrameReader.readCanonicalJson(keys.verify('checkpoint', frame))
      requireForThisDevice(identity, checkpoint)
      await components.logWitness.received(checkpoint, identity.pins)
    } else if (kind === 'result') {
      const result = takeResult(components, live, keys, frame)
      for (const type of OFFERED_KINDS) {
        const hash = wantedHash(components, live, type, result)
        // Results may come faster than answers. A second request would bring a document that is then unexpected.
        if (hash !== undefined && hash !== requested.get(type)) await connection.send(JSON.stringify({ type, hash }))
        requested.set(type, hash)
      }
    } else if (isOffered(components, kind)) {
      requested.delete(kind)
      await components[OFFERED[kind]]?.received(frame, { root: identity.pins.root, keys })
    } else if (kind === 'order') await components.orders.received(frame, keys)
    else if (kind === 'challenge') {
      await renewal.answer(async () => {
        const read = readChallenge(components, frame, identity.pins)
        read.keys.adopt(keys.time())
        keys = read.keys
        const attestation = { challenge: read.challenge, connection, identity, local: components.localState() }
        await connection.send(await attestationFor(await components.proof({ signal }), attestation, signal))
      })
    } else throw new SuretyError('FRAME_UNEXPECTED', `an unexpected frame: ${kind ?? 'unknown'}`)
  }
}

function acknowledge(components: SessionComponents, identity: Identity, keys: DirectoryKeys, frame: string): void {
  const ack = ackReader.readCanonicalJson(keys.verify('ack', frame))
  requireForThisDevice(identity, ack)
  keys.adopt(ack.time)
  const position = { sequence: ack.sequence, hash: ack.head }
  components.spool.acknowledge(position, frame)
  components.onAcknowledged({ position, time: ack.time })
}

function takeResult(
  components: SessionComponents,
  { identity }: LiveSession,
  keys: DirectoryKeys,
  frame: string,
): ResultFrame {
  const result = resultReader.readCanonicalJson(keys.verify('result', frame))
  requireForThisDevice(identity, result)
  keys.adopt(result.time)
  components.onResult(result.result)
  if (result.claimDecisions !== undefined) components.onClaimDecisions?.(result.claimDecisions)
  return result
}

function isOffered(components: SessionComponents, kind: JwsKind | undefined): kind is OfferedKind {
  const found = OFFERED_KINDS.find((one) => one === kind)
  return found !== undefined && components[OFFERED[found]] !== undefined
}

/** @returns the hash of what is offered, where it is wanted. */
function wantedHash(
  components: SessionComponents,
  { identity }: LiveSession,
  kind: OfferedKind,
  { [OFFERED[kind]]: offer }: ResultFrame,
): string | undefined {
  const isWanted = components[OFFERED[kind]]?.wants(offer, { root: identity.pins.root }) ?? false
  return isWanted ? offer?.hash : undefined
}

function requireForThisDevice(identity: Identity, frame: { readonly device: string; readonly epoch: number }): void {
  if (frame.device !== identity.device || frame.epoch !== identity.epoch) {
    throw new SuretyError('EPOCH_MISMATCH', 'the frame is for another device or epoch')
  }
}

/** Pings the directory. @throws `DIRECTORY_UNREACHABLE` after two silent intervals. */
async function watchPeer(
  clock: Clock,
  connection: Connection,
  { heartbeatMs }: SessionInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  for (let silentIntervals = 0; silentIntervals < 2; ) {
    await clock.sleep(heartbeatMs, { signal })
    silentIntervals = connection.probe().isSilent ? silentIntervals + 1 : 0
  }
  throw new SuretyError('DIRECTORY_UNREACHABLE', 'the directory does not answer')
}
