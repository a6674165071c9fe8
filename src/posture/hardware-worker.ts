import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { SuretyError } from '../base/errors.ts'
import type { HardwareFacts } from './hardware.ts'

/**
 * systeminformation and node-machine-id, in a thread of their own that ends with the answer. They start programs through
 * a shell, by bare name, and wait for them synchronously: so the thread has an environment of its own, with a PATH that
 * only root can write to, the daemon's loop does not wait, and its memory is given back.
 *
 * This file is both ends: in the thread it is the program.
 */
const MARK = 'surety-hardware'
const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

/** @throws `COMMAND_FAILED`, or the signal's reason. */
export function readHardware({ signal }: { signal: AbortSignal }): Promise<HardwareFacts> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const worker = new Worker(new URL(import.meta.url), {
      env: ENVIRONMENT,
      workerData: MARK,
      stdout: true,
      stderr: true,
    })
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

/**
 * The functions of systeminformation that we call, and no others: `osInfo` asks the name service for the host's full
 * name, and the likes of `versions` and `wifiNetworks` have had command injections.
 */
async function readFacts(): Promise<HardwareFacts> {
  const { system, cpu, mem } = (await import('systeminformation')).default
  const [machine, processor, memory] = [await system(), await cpu(), await mem()]
  const machineId = await readMachineId()
  return {
    manufacturer: machine.manufacturer,
    model: machine.model,
    serial: machine.serial,
    virtual: machine.virtual,
    cpu: [processor.manufacturer, processor.brand].filter((part) => part !== '').join(' '),
    cpuCores: processor.cores,
    memoryBytes: memory.total,
    ...(machineId === undefined ? {} : { machineId }),
  }
}

/** Where there is no machine id the library answers with the host's name, and with nothing where there is neither. */
async function readMachineId(): Promise<string | undefined> {
  const { machineId } = (await import('node-machine-id')).default
  const id = await machineId(true)
  return /^[0-9a-f]{32}$/.test(id) ? id : undefined
}

if (!isMainThread && workerData === MARK) {
  readFacts().then(
    (facts) => parentPort?.postMessage(facts),
    // Ends the thread with an error, which the other end reports.
    (error: unknown) => {
      throw error
    },
  )
}
