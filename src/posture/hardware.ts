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
}

export interface HardwareReader {
  /** @throws when the facts could not be had in time. */
  read(options: { signal: AbortSignal }): Promise<HardwareFacts>
}

/**
 * The worker's file is loaded on demand, and only here: so it becomes a file of its own in a bundle as well, and what
 * the worker thread runs is that file and not the program that bundled it.
 */
export function systeminformationHardware(): HardwareReader {
  return { read: async (options) => (await import('./hardware-worker.ts')).readHardware(options) }
}
