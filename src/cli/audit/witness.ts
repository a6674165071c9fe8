import { textOf } from '../../archive/record/trust.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import { SerialTasks } from '../../base/serial-tasks.ts'
import { checkConsistency } from '../../tlog/check-proofs.ts'
import { type OpenedCheckpoint, openCheckpoint, originOf } from '../../tlog/checkpoints.ts'
import type { NoteKey } from '../../tlog/note-keys.ts'
import { parseNote, signatureLine } from '../../tlog/notes.ts'
import { EMPTY_ROOT } from '../../tlog/tree-hash.ts'
import { type AddCheckpoint, parseAddCheckpoint } from '../../tlog/witness-request.ts'
import type { CosignedCheckpoint, WitnessState } from './witness-state.ts'

/** Decides what a witness cosigns: C2SP tlog-witness. It cosigns one history of each log. */

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly body: string
  /** `text/plain` if absent. */
  readonly contentType?: string
}

export interface WitnessInit {
  readonly state: WitnessState
  /** The logs that it watches. Keys of one name are of one log. */
  readonly logKeys: readonly NoteKey[]
}

interface WatchedLog {
  readonly keys: readonly NoteKey[]
  /** Compares and writes as one step. */
  readonly tasks: SerialTasks
  last: CosignedCheckpoint | undefined
}

export class Witness {
  readonly #state: WitnessState
  readonly #logs: ReadonlyMap<string, WatchedLog>

  private constructor(state: WitnessState, logs: ReadonlyMap<string, WatchedLog>) {
    this.#state = state
    this.#logs = logs
  }

  /** @throws `STORE_CORRUPT` if what it kept was changed. */
  static async open({ state, logKeys }: WitnessInit): Promise<Witness> {
    const logs = new Map<string, WatchedLog>()
    for (const { name } of logKeys) {
      if (logs.has(name)) continue
      const keys = logKeys.filter((key) => key.name === name)
      logs.set(name, { keys, tasks: new SerialTasks(), last: await state.load(name) })
    }
    return new Witness(state, logs)
  }

  get origins(): readonly string[] {
    return [...this.#logs.keys()]
  }

  /** The last checkpoint of a log with the signatures of the log and of this witness. */
  checkpointOf(origin: string): CosignedCheckpoint | undefined {
    return this.#logs.get(origin)?.last
  }

  /** Answers the body of `add-checkpoint`. @throws `STORE_FAILED`; then nothing is cosigned. */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    let request: AddCheckpoint
    let origin: string
    try {
      request = parseAddCheckpoint(textOf(body, 'the request'))
      origin = originOf(request.checkpoint)
    } catch (error) {
      return refusal(400, error)
    }
    const log = this.#logs.get(origin)
    if (log === undefined) return { status: 404, body: 'this witness does not watch this log\n' }
    let checkpoint: OpenedCheckpoint
    try {
      checkpoint = await openCheckpoint(request.checkpoint, { origin, logKeys: log.keys })
    } catch (error) {
      return refusal(codeOf(error) === 'SIGNATURE_INVALID' ? 403 : 400, error)
    }
    if (request.oldSize > checkpoint.size) return { status: 400, body: 'the old size is larger than the new one\n' }
    return log.tasks.run(() => this.#cosign(log, request, checkpoint))
  }

  async #cosign(log: WatchedLog, request: AddCheckpoint, checkpoint: OpenedCheckpoint): Promise<WitnessAnswer> {
    const { size: oldSize, root: oldRoot } = log.last ?? { size: 0, root: EMPTY_ROOT }
    if (request.oldSize !== oldSize) {
      return { status: 409, body: `${oldSize}\n`, contentType: 'text/x.tlog.size' }
    }
    const { origin, size, root, text } = checkpoint
    try {
      checkConsistency({ oldSize, oldRoot, size, root, proof: request.proof })
    } catch (error) {
      return refusal(422, error)
    }
    const { name, keyId, sign } = this.#state.signer
    const cosignature = signatureLine({ name, keyId, signature: await sign(text) })
    const byLog = parseNote(request.checkpoint).signatures.filter((one) => log.keys.some((key) => isBy(key, one)))
    const note = `${text}\n${byLog.map(signatureLine).join('')}${cosignature}`
    await this.#state.save(origin, note)
    log.last = { origin, size, root, note }
    return { status: 200, body: cosignature }
  }
}

function isBy(key: NoteKey, { name, keyId }: Pick<NoteKey, 'name' | 'keyId'>): boolean {
  return key.name === name && key.keyId.every((byte, at) => byte === keyId[at])
}

function refusal(status: WitnessAnswer['status'], error: unknown): WitnessAnswer {
  return { status, body: `${describeError(error)}\n` }
}
