import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { SuretyError } from '../base/errors.ts'

/** What systeminformation and node-machine-id told about the machine. Any member may be missing or empty. */
export interface HardwareFacts {
  readonly manufacturer?: string
  readonly model?: string
  readonly serial?: string
  readonly virtual?: boolean
  readonly cpu?: string
  readonly cpuCores?: number
  readonly memoryBytes?: number
  readonly machineId?: string
  /** Where no file of the system says it. */
  readonly osName?: string
  readonly osVersion?: string
}

export interface HardwareReader {
  /** @throws when the facts could not be had in time. */
  read(options: { signal: AbortSignal }): Promise<HardwareFacts>
}

/** Only root can write to these folders. */
const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
/** It lies beside this file, among the sources and in the bundle. */
const THREAD = import.meta.filename.endsWith('.ts') ? 'hardware-thread.ts' : 'hardware-thread.mjs'

export function systeminformationHardware(): HardwareReader {
  return { read: readHardware }
}

/** @throws `COMMAND_FAILED`, or the signal's reason. */
function readHardware({ signal }: { signal: AbortSignal }): Promise<HardwareFacts> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const worker = new Worker(join(import.meta.dirname, THREAD), { env: ENVIRONMENT, stdout: true, stderr: true })
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', abort)
      settle()
      worker.terminate().catch(() => undefined)
    }
    const abort = () => end(() => reject(signal.reason))
    signal.addEventListener('abort', abort, { once: true })
    worker.once('message', (facts: HardwareFacts) => end(() => resolve(facts)))
    worker.once('error', (cause) => end(() => reject(failed(cause))))
    worker.once('exit', () => end(() => reject(failed(undefined))))
  })
}

function failed(cause: unknown): SuretyError {
  return new SuretyError('COMMAND_FAILED', 'the hardware could not be read', { cause })
}
