import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { runTogether } from '../../base/run-together.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import { ackReader, type CatalogueOffer, type CatalogueRequest, resultReader } from '../../protocol/frames.ts'
import { jwsKindOf } from '../../protocol/jws-types.ts'
import type { ChainPosition } from '../spool/chain.ts'
import type { Identity } from '../state/identity.ts'
import { meet } from './authenticate.ts'
import type { Connection } from './connection.ts'
import { type DirectoryKeys, type DirectoryKeysComponents, readChallenge } from './directory-keys.ts'
import { attestationFor, type DeviceProof, type Standing, type Welcomed } from './handshake.ts'
import { createRenewal, type Renewal, renewInTime } from './renewal.ts'
import { type SenderComponents, sendEvidence } from './sender.ts'

/** What a session asks of the rest of the daemon. */
export interface SessionComponents
  extends Omit<SenderComponents, 'connection'>,
    Pick<DirectoryKeysComponents, 'boot' | 'onTime'> {
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  /** Asked for each attestation: keys that failed meanwhile are opened anew. @throws `KEY_*`, `TPM_*`. */
  readonly proof: (options: { signal: AbortSignal }) => Promise<DeviceProof>
  readonly standing: () => Standing
  readonly orders: {
    /** Everything pending, and the newest number: adopted before anything is acted on. */
    welcomed(welcomed: Welcomed): Promise<void>
    /** One order. @throws when it is not an order of this directory. */
    received(compact: string, keys: DirectoryKeys): Promise<void>
  }
  /** Absent where no catalogue is ever taken from a directory. */
  readonly catalogue?: CatalogueTaker | undefined
  readonly onAcknowledged: (ack: { readonly position: ChainPosition; readonly time: number }) => void
  readonly onResult: (result: AttestationResult) => void
}

/** Takes the catalogue of agents that a directory hands out, or says why not. */
export interface CatalogueTaker {
  /** Shall it be asked for? What is not taken is told as a health warning. */
  wants(offer: CatalogueOffer | undefined, from: { readonly root: string }): boolean
  /** @throws `FRAME_UNEXPECTED` when none was asked for; whatever else is wrong with it is told, and the session goes on. */
  received(compact: string, from: { readonly root: string; readonly keys: DirectoryKeys }): Promise<void>
}

export interface SessionInit {
  readonly heartbeatMs: number
}

export interface LiveSession {
  readonly connection: Connection
  readonly identity: Identity
  readonly welcomed: Welcomed
  /** The two chains are one. */
  readonly onMet: () => void
  /** Told once the session can renew. */
  readonly onLive: (renewal: Renewal) => void
}

/**
 * Runs an authenticated connection until it ends.
 *
 * @throws why it ended: the directory's refusal, `EVIDENCE_FORKED` when the two chains disagree, `DIRECTORY_UNREACHABLE`.
 */
export async function runSession(
  components: SessionComponents,
  init: SessionInit,
  live: LiveSession,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { welcome } = live.welcomed
  const acknowledged = { sequence: welcome.sequence, hash: welcome.head }
  await meet(components, live, acknowledged, { signal })
  live.onMet()
  components.onAcknowledged({ position: acknowledged, time: welcome.time })
  const { connection } = live
  let reached = acknowledged.sequence
  const onAcknowledged: SessionComponents['onAcknowledged'] = (ack) => {
    reached = ack.position.sequence
    components.onAcknowledged(ack)
  }
  const ended = new AbortController()
  const renewal = createRenewal(
    { clock: components.clock, send: (frame) => connection.send(frame), head: () => components.standing().head },
    { signal: AbortSignal.any([signal, ended.signal]) },
  )
  // Before any order is taken: one to attest asks for a renewal at once.
  live.onLive(renewal)
  try {
    await components.orders.welcomed(live.welcomed)
    await runTogether(
      [
        (options) => receive({ ...components, onAcknowledged }, live, renewal, options),
        (options) => sendEvidence({ ...components, connection }, { acknowledged, reached: () => reached }, options),
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

async function receive(
  components: SessionComponents,
  live: LiveSession,
  renewal: Renewal,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { connection, identity } = live
  let { keys } = live.welcomed
  /** The catalogue that is on its way. */
  let asked: string | undefined
  for (;;) {
    const frame = await connection.next({ signal })
    const kind = jwsKindOf(frame)
    if (kind === 'ack') acknowledge(components, identity, keys, frame)
    else if (kind === 'result') {
      const wanted = takeResult(components, live, keys, frame)
      // Results come faster than answers, and a second answer would be one that nobody asked for.
      if (wanted !== undefined && wanted.hash !== asked) await connection.send(JSON.stringify(wanted))
      asked = wanted?.hash
    } else if (kind === 'catalogue' && components.catalogue !== undefined) {
      asked = undefined
      await components.catalogue.received(frame, { root: identity.pins.root, keys })
    } else if (kind === 'order') await components.orders.received(frame, keys)
    else if (kind === 'challenge') {
      await renewal.answer(async () => {
        const read = readChallenge(components, frame, identity.pins)
        read.keys.adopt(keys.time())
        keys = read.keys
        const attestation = { challenge: read.challenge, connection, identity, standing: components.standing() }
        await connection.send(await attestationFor(await components.proof({ signal }), attestation, signal))
      })
    } else throw new SuretyError('FRAME_UNEXPECTED', `a frame that has no place here: ${kind ?? 'unknown'}`)
  }
}

function acknowledge(components: SessionComponents, identity: Identity, keys: DirectoryKeys, frame: string): void {
  const ack = ackReader.readCanonicalJson(keys.verify('ack', frame))
  requireOurs(identity, ack)
  keys.adopt(ack.time)
  const position = { sequence: ack.sequence, hash: ack.head }
  components.spool.acknowledge(position, frame)
  components.onAcknowledged({ position, time: ack.time })
}

/** @returns what to ask the directory for. */
function takeResult(
  components: SessionComponents,
  { identity }: LiveSession,
  keys: DirectoryKeys,
  frame: string,
): CatalogueRequest | undefined {
  const result = resultReader.readCanonicalJson(keys.verify('result', frame))
  requireOurs(identity, result)
  keys.adopt(result.time)
  components.onResult(result.result)
  const { catalogue } = result
  const wanted = components.catalogue?.wants(catalogue, { root: identity.pins.root }) ?? false
  return wanted && catalogue !== undefined ? { type: 'catalogue', hash: catalogue.hash } : undefined
}

function requireOurs(identity: Identity, frame: { readonly device: string; readonly epoch: number }): void {
  if (frame.device !== identity.device || frame.epoch !== identity.epoch) {
    throw new SuretyError('EPOCH_MISMATCH', 'the directory speaks of another device or epoch')
  }
}

/** @throws `DIRECTORY_UNREACHABLE` when nothing was heard for two turns. */
async function watchPeer(
  clock: Clock,
  connection: Connection,
  { heartbeatMs }: SessionInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  for (let silentTurns = 0; silentTurns < 2; ) {
    await clock.sleep(heartbeatMs, { signal })
    silentTurns = connection.probe().silent ? silentTurns + 1 : 0
  }
  throw new SuretyError('DIRECTORY_UNREACHABLE', 'the directory does not answer')
}
