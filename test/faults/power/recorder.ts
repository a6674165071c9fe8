import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempDisposableSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRecording, type RecordedEvent } from './recording.ts'

/** One workload, a program of its own: `workloads/NAME.ts`, started with its folder, a seed and a variant. */
export interface Workload {
  readonly name: string
  readonly variant?: string
  /** What it is told besides, by name. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Recorder {
  /** The compiled recording-shim.c. */
  readonly shim: string
  /** Where recordings and what Node compiled are kept, outside of what is recorded. */
  readonly folder: string
}

export interface Recording {
  /** What it did, in order. */
  readonly events: readonly RecordedEvent[]
  /** Why it ended without success: it could not live with what it found. */
  readonly failure: string | undefined
}

/** Runs a workload on what `disk` holds until it ends, and records all that it does there. */
export async function record(
  { shim, folder }: Recorder,
  { workload, seed, disk }: { readonly workload: Workload; readonly seed: number; readonly disk: string },
): Promise<Recording> {
  // Of its own: a test that ran out of time may still record while the next one begins.
  using own = mkdtempDisposableSync(join(folder, 'recording-'))
  const recording = join(own.path, 'events')
  const { name, variant = 'real', environment } = workload
  const file = join(import.meta.dirname, 'workloads', `${name}.ts`)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, disk, String(seed), variant], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...environment,
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      LD_PRELOAD: shim,
      RECORDED_ROOT: disk,
      RECORDING: recording,
    },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code, signal] = await once(child, 'close')
  return {
    events: parseRecording(readFileSync(recording)),
    failure: code === 0 ? undefined : `ended with ${code ?? signal}: ${stderr}`,
  }
}
