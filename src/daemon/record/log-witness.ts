import { fromBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { LogFault } from '../../protocol/log-fault.ts'
import type { CheckpointFrame, CheckpointRequest } from '../../protocol/messages/frames.ts'
import { checkConsistency } from '../../tlog/check-proofs.ts'
import { type OpenedCheckpoint, openCheckpoint, originOf } from '../../tlog/checkpoints.ts'
import { parseNoteKey } from '../../tlog/note-keys.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Health } from '../health/health.ts'
import { type StateFile, stateFile } from '../state/state-file.ts'
import { KEPT_LOG_SCHEMA, type KeptCheckpoint, type KeptLog, keptLogReader } from './kept-log.ts'

/**
 * This device as a witness of the directory's record: it keeps the newest checkpoint, and reports, as evidence, one that does not
 * continue it. Whoever changes the record would have to change the evidence of every device as well.
 */
export interface LogWitness {
  /** The newest checkpoint that was found consistent. Undefined before the first. */
  readonly newest: WitnessedCheckpoint | undefined
  /** The request to send. Undefined until it is time for one. */
  request(from: Directory): CheckpointRequest | undefined
  /** @throws `FRAME_MALFORMED` for a checkpoint that is none. */
  received(frame: CheckpointFrame, from: Directory): Promise<void>
}

/** The SHA-256 of its root key, as this device pinned it. */
interface Directory {
  readonly root: string
}

export interface WitnessedCheckpoint {
  readonly origin: string
  readonly size: number
  readonly at: number
}

export interface LogWitnessComponents {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly log: Log
  readonly health: Pick<Health, 'raise' | 'clear'>
  readonly evidence: Pick<EvidenceBuilder, 'reportLogFault'>
}

/** A device asks this often. Thousands of devices together see the log every second. */
const ASK_EVERY_MS = 3_600_000
/** Without an answer: the record has no checkpoint yet. */
const ASK_AGAIN_MS = 60_000
const MAX_BYTES = 128 * 1024

/** Reads what an earlier run kept. A damaged file is set aside. @throws `STORE_FAILED` if the state folder cannot be read. */
export async function openLogWitness(
  components: LogWitnessComponents,
  { stateFolder: folder }: { readonly stateFolder: string },
): Promise<LogWitness> {
  const { clock, log, health } = components
  const onSetAside = (path: string, cause: unknown) => {
    log.error('damaged state file set aside', { path, reason: describeError(cause) })
    health.raise('STATE_DAMAGED')
  }
  const file = stateFile(
    { clock, onSetAside },
    { folder, name: 'log-checkpoint.json', reader: keptLogReader, maxBytes: MAX_BYTES },
  )
  const witness = new Witness(components, file, (await file.read()) ?? { schema: KEPT_LOG_SCHEMA, faults: [] })
  await witness.begin()
  return witness
}

class Witness implements LogWitness {
  readonly #components: LogWitnessComponents
  readonly #file: Pick<StateFile<KeptLog>, 'write'>
  #kept: KeptLog
  #newest: WitnessedCheckpoint | undefined
  #askAt = Number.NEGATIVE_INFINITY
  #lastWrite: Promise<void> = Promise.resolve()

  constructor(components: LogWitnessComponents, file: Pick<StateFile<KeptLog>, 'write'>, kept: KeptLog) {
    this.#components = components
    this.#file = file
    this.#kept = kept
  }

  get newest(): WitnessedCheckpoint | undefined {
    return this.#newest
  }

  async begin(): Promise<void> {
    const { checkpoint, faults } = this.#kept
    for (const fault of faults) this.#report(fault)
    if (checkpoint !== undefined) this.#newest = witnessed(await opened(checkpoint), checkpoint.at)
  }

  request({ root }: Directory): CheckpointRequest | undefined {
    const now = this.#components.clock.monotonic()
    if (now < this.#askAt) return undefined
    this.#askAt = now + ASK_AGAIN_MS
    const checkpoint = this.#keptOf(root)
    return { type: 'checkpoint', ...(checkpoint === undefined ? {} : { kept: checkpoint.note }) }
  }

  async received({ key, checkpoint: note, consistency }: CheckpointFrame, { root }: Directory): Promise<void> {
    const { clock, health } = this.#components
    this.#askAt = clock.monotonic() + ASK_EVERY_MS
    const before = this.#keptOf(root)
    const received = { key, note, at: Math.max(0, Math.trunc(clock.now())) }
    const now = await opened(received)
    const fault =
      before === undefined ? undefined : faultBetween(before, { ...now, key, consistency }, await opened(before))
    if (fault === undefined || before === undefined) {
      health.clear('LOG_INCONSISTENT')
      this.#newest = witnessed(now, received.at)
      const { noted: _, ...kept } = this.#kept
      return this.#keep({ ...kept, root, checkpoint: received })
    }
    health.raise('LOG_INCONSISTENT')
    // The same answer again says nothing new.
    if (this.#kept.noted === note) return
    const { at: time } = received
    const whole: LogFault = {
      kind: fault,
      time,
      kept: before.note,
      keptKey: before.key,
      received: note,
      receivedKey: key,
      consistency: [...consistency],
    }
    this.#components.log.error('the record of the directory is not a continuation of what was seen of it', {
      kind: fault,
    })
    const faults = [...this.#kept.faults, whole].slice(-LIMITS.logFaults)
    // Another log can only be followed from its own checkpoints on. Of the same log, the larger one is kept to compare with.
    const checkpoint = fault === 'replaced' ? received : before
    await this.#keep({ ...this.#kept, checkpoint, faults, noted: note })
    this.#report(whole)
  }

  /** A device that was enrolled elsewhere before has seen nothing of this directory's record. */
  #keptOf(root: string): KeptCheckpoint | undefined {
    return this.#kept.root === root ? this.#kept.checkpoint : undefined
  }

  #report(fault: LogFault): void {
    this.#components.evidence.reportLogFault(fault, () => {
      void this.#keep({ ...this.#kept, faults: this.#kept.faults.filter((one) => one !== fault) })
    })
  }

  /** Never rejects: what cannot be written is asked for again after the next start. */
  #keep(kept: KeptLog): Promise<void> {
    this.#kept = kept
    this.#lastWrite = this.#lastWrite
      .then(() => this.#file.write(kept))
      .catch((error: unknown) => {
        this.#components.log.error('the checkpoint of the record could not be written down', {
          reason: describeError(error),
        })
      })
    return this.#lastWrite
  }
}

function witnessed({ origin, size }: OpenedCheckpoint, at: number): WitnessedCheckpoint {
  return { origin, size, at }
}

/** @throws `FRAME_MALFORMED`. */
async function opened({ key, note }: Pick<KeptCheckpoint, 'key' | 'note'>): Promise<OpenedCheckpoint> {
  try {
    const logKey = parseNoteKey(key)
    return await openCheckpoint(note, { origin: originOf(note), logKeys: [logKey] })
  } catch (cause) {
    throw new SuretyError('FRAME_MALFORMED', `not a checkpoint of a record: ${describeError(cause)}`, { cause })
  }
}

interface Received extends OpenedCheckpoint {
  readonly key: string
  readonly consistency: readonly string[]
}

function faultBetween(
  kept: KeptCheckpoint,
  received: Received,
  before: OpenedCheckpoint,
): LogFault['kind'] | undefined {
  if (received.key !== kept.key || received.origin !== before.origin) return 'replaced'
  if (received.size < before.size) return 'went-back'
  try {
    checkConsistency({
      oldSize: before.size,
      oldRoot: before.root,
      size: received.size,
      root: received.root,
      proof: received.consistency.map((hash) => fromBase64Url(hash) ?? new Uint8Array()),
    })
    return undefined
  } catch (error) {
    if (codeOf(error) !== 'PROOF_INVALID') throw error
    return 'split'
  }
}
