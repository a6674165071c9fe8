import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk } from './disk.ts'
import { type Line, parseLines } from './said.ts'

/** One workload, a program of its own: `workloads/NAME.ts`, started with its folder, a seed and a variant. */
export interface Workload {
  readonly name: string
  readonly variant?: string
}

export interface Machine {
  /** The compiled durable-shim.c. */
  readonly shim: string
  /** Where Node keeps compiled modules between runs, outside of what is watched. */
  readonly cacheFolder: string
}

export interface Run {
  readonly said: readonly Line[]
  /** Every operation it did, as the shim counted them; the last one was cut off when `cut`. */
  readonly operations: readonly string[]
  readonly cut: boolean
  /** Why it ended by itself without success: it could not live with what it found. */
  readonly failure: string | undefined
}

/** Runs a workload on a disk until it ends, or until the power is cut before operation number `cutAt`. */
export async function run(
  machine: Machine,
  disk: Disk,
  init: { readonly workload: Workload; readonly seed: number; readonly cutAt?: number },
): Promise<Run> {
  const trace = join(disk.shadow, 'trace')
  writeFileSync(trace, '')
  const { name, variant = 'real' } = init.workload
  const file = join(import.meta.dirname, 'workloads', `${name}.ts`)
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', file, disk.live, String(init.seed), variant],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: machine.cacheFolder,
        LD_PRELOAD: machine.shim,
        DURABLE_ROOT: disk.live,
        DURABLE_SHADOW: disk.shadow,
        DURABLE_CUT_AT: String(init.cutAt ?? 0),
      },
    },
  )
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const [code, signal] = await once(child, 'close')
  const operations = readFileSync(trace, 'utf8').trimEnd().split('\n')
  const cut = operations.at(-1)?.startsWith('CUT') ?? false
  const ended = code === 0 || (cut && signal === 'SIGKILL')
  return {
    said: parseLines(output.stdout),
    operations,
    cut,
    failure: ended ? undefined : `ended with ${code ?? signal}: ${output.stderr}`,
  }
}

export function removeDisk(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
