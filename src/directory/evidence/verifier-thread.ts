import { parentPort, Worker, workerData } from 'node:worker_threads'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { publicKeyCache } from '../../crypto/public-key-cache.ts'
import { type EvidenceRead, readEvidenceOf } from './evidence-frame.ts'

/**
 * A thread that reads evidence beside the loop: signature, hash, schema. It vouches for what holds; what does not is read
 * again by whoever asked, who then sees why.
 *
 * This file is both ends: in the thread it is the program.
 */

/** Frames that are asked for together; what stands at the same place belongs together. */
export interface Group {
  readonly frames: readonly string[]
  readonly devices: readonly string[]
  readonly epochs: readonly number[]
  /** SubjectPublicKeyInfo, base64url. */
  readonly keys: readonly string[]
}

/** `undefined` where a frame did not hold. */
export interface GroupRead {
  readonly payloads: readonly (EvidenceRead['payload'] | undefined)[]
  readonly hashes: readonly (EvidenceRead['hash'] | undefined)[]
}

export interface VerifierThread {
  /** Answers come in the order of the questions; `undefined` when the thread has ended instead. */
  read(group: Group, answered: (read: GroupRead | undefined) => void): void
  end(): Promise<void>
}

const MARK = 'surety-verifier'
/** As many as a directory has at hand. */
const KEYS_AT_HAND = 2048

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
    log.error('a thread that verifies evidence failed', { error: describeError(error) })
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
  const keyOf = publicKeyCache({ capacity: KEYS_AT_HAND })
  parentPort?.on('message', (group: Group) => parentPort?.postMessage(readGroup(group, keyOf)))
}
