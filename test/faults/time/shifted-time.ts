import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileShim } from '../shims/compile-shim.ts'

/** A time of its own for the processes that are started with `env`, moved while they run. */
export interface ShiftedTime {
  readonly env: Readonly<Record<string, string>>
  /** From now on they are so far away from the machine's clocks. What is left out is as the machine has it. */
  move(by: { readonly wallMs?: number; readonly bootMs?: number; readonly monotonicMs?: number }): void
}

/** Why there is no other time here, or undefined: suites skip aloud with it. */
export function shiftedTimeMissing(): string | undefined {
  if (process.platform !== 'linux') return 'a library is preloaded into Linux programs'
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'not installed: gcc (apt install gcc libc6-dev)'
  }
}

/** @throws where `shiftedTimeMissing` says why. */
export function compileClockShim(folder: string): string {
  const shim = compileShim(join(import.meta.dirname, 'clock-shim.c'), folder)
  if ('missing' in shim) throw new Error(shim.missing)
  return shim.path
}

/** @param library what `compileClockShim` gave; `file` holds the shifts. */
export function shiftedTime(library: string, file: string): ShiftedTime {
  const move: ShiftedTime['move'] = ({ wallMs = 0, bootMs = 0, monotonicMs = 0 }) => {
    // In place and in one write: it is mapped by those who read it.
    writeFileSync(file, BigInt64Array.of(BigInt(wallMs), BigInt(bootMs), BigInt(monotonicMs)), { flag: 'r+' })
  }
  writeFileSync(file, new Uint8Array(24))
  return { env: { LD_PRELOAD: library, CLOCK_SHIM_FILE: file }, move }
}
