import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * What a stop without cgroups comes to: SIGSTOP to every process that runs `executable`, round after round, until two rounds find
 * nothing that runs.
 *
 * @returns whether that was reached within `rounds`.
 */
export function stopBySignals(executable: string, rounds = 200): boolean {
  for (let round = 0, clean = 0; round < rounds; round++) {
    const running = processesOf(executable).filter(isRunning)
    clean = running.length === 0 ? clean + 1 : 0
    if (clean === 2) return true
    for (const pid of running) signal(pid, 'SIGSTOP')
  }
  return false
}

export function processesOf(executable: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => runs(pid, executable))
}

function runs(pid: number, executable: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === executable
  } catch {
    return false
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[TZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // it has ended
  }
}
