import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { waitFor } from '../wait-for.ts'

/** Stands for an agent: a process whose children do nothing but write. */
export interface CountingAgent extends AsyncDisposable {
  readonly pid: number
  readonly startTicks: number
  /** How much its children have written by now. */
  count(): number
  /** Resolves once it writes on. */
  goesOn(): Promise<void>
  /** Resolves with false when nothing was written for a while. */
  writes(): Promise<boolean>
  kill(): void
}

const LOOK_MS = 300

/** @param shell what it runs beside its first child, as `$0` a file to write to. */
export async function countingAgent(folder: string, name: string, shell = ''): Promise<CountingAgent> {
  const file = join(folder, name)
  const write = 'while :; do echo >> "$0"; done'
  const child = spawn('/bin/sh', ['-c', `(${write}) & ${shell} wait`, file], { stdio: 'ignore', detached: true })
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  const count = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const goesOn = async () => {
    const before = count()
    await waitFor(`${name} to write`, () => count() > before)
  }
  await goesOn()
  const startTicks = linuxProcesses().entry(pid)?.startTicks ?? 0
  const kill = () => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
  return {
    pid,
    startTicks,
    count,
    goesOn,
    kill,
    async writes() {
      const before = count()
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      return count() > before
    },
    async [Symbol.asyncDispose]() {
      kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** What a process is in cgroup v2. */
export function groupOf(pid: number): string {
  return /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? ''
}
