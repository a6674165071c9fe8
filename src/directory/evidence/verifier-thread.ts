import { parentPort, Worker, workerData } from 'node:worker_threads'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { publicKeyCache } from '../../crypto/public-key-cache.ts'
import { type EvidenceRead, readEvidenceOf } from './evidence-frame.ts'

/**
 * Verifies evidence in a thread: signature, hash, schema. It returns only valid frames. The caller reads the others again to
 * learn the error.
 *
 * This file is both ends: the thread runs it as its program.
 */

/** Frames of one message. Elements with the same index belong together. */
export interface Group {
  readonly frames: readonly string[]
  readonly devices: readonly string[]
  readonly epochs: readonly number[]
  /** SubjectPublicKeyInfo, base64url. */
  readonly keys: readonly string[]
}

/** `undefined` where a frame is not valid. */
export interface GroupRead {
  readonly payloads: readonly (EvidenceRead['payload'] | undefined)[]
  readonly hashes: readonly (EvidenceRead['hash'] | undefined)[]
}

export interface VerifierThread {
  /** Answers come in the order of the calls. `undefined`: the thread ended without an answer. */
  read(group: Group, answered: (read: GroupRead | undefined) => void): void
  end(): Promise<void>
}

const MARK = 'surety-verifier'
/** The same capacity as the directory's own cache. */
const CACHED_KEYS = 2048

export function startVerifierThread({ log }: { readonly log: Log }): VerifierThread {
  const asked: ((read: GroupRead | undefined) => void)[] = []
  let ended = false
  const over = () => {
    ended = true
    for (const answered of asked.splice(0)) answered(undefined)
  }
  const worker = new Worker(new URL(import.meta.url), { name: MARK, workerData: MARK, env: {} })
  worker.on('message', (read: GroupRead) => asked.shift()?.(read))
  worker.on('error', (error) => {
    log.error('a verifier thread failed', { error: describeError(error) })
    over()
  })
  worker.on('exit', over)
  worker.unref()
  return {
    read(group, answered) {
      if (ended) answered(undefined)
      else {
        asked.push(answered)
        worker.postMessage(group)
      }
    },
    async end() {
      await worker.terminate()
    },
  }
}

function readGroup({ frames, devices, epochs, keys }: Group, keyOf: ReturnType<typeof publicKeyCache>): GroupRead {
  const read = frames.map((frame, at) => {
    try {
      return readEvidenceOf(frame, { device: devices[at] ?? '', epoch: epochs[at] ?? 0, key: keyOf(keys[at] ?? '') })
    } catch {
      return undefined
    }
  })
  return { payloads: read.map((one) => one?.payload), hashes: read.map((one) => one?.hash) }
}

if (workerData === MARK) {
  const keyOf = publicKeyCache({ capacity: CACHED_KEYS })
  parentPort?.on('message', (group: Group) => parentPort?.postMessage(readGroup(group, keyOf)))
}
