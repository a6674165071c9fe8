/**
 * systeminformation and node-machine-id, in a thread of their own that ends with the answer. They start programs through
 * a shell, by bare name, and wait for them synchronously: so the thread has an environment of its own, the daemon's loop does
 * not wait, and its memory is given back. This is the thread's program.
 */
import { parentPort } from 'node:worker_threads'
import type { HardwareFacts } from './hardware.ts'

readFacts().then(
  (facts) => parentPort?.postMessage(facts),
  // Ends the thread with an error, which the other end reports.
  (error: unknown) => {
    throw error
  },
)

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
