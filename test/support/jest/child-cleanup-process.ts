/**
 * A separate process beside a process that runs tests. When its standard input ends, the other process is gone. It then kills
 * the children that are left, with their descendants. Before that, programs that end with their own standard input get time to
 * clean up.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { scaledMs } from '../machine-speed.ts'

const GRACE_MS = scaledMs(3_000)
const POLL_MS = 50

interface ProcessState {
  readonly parent: number
  /** The start time in ticks since boot, because the kernel reuses pids. */
  readonly startTicks: string | undefined
  /** True for a zombie. */
  readonly hasEnded: boolean
}

const started = new Map<number, ProcessState['startTicks']>()
// This process outlives an interrupt at the terminal, to clean up afterwards.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

for await (const line of createInterface({ input: process.stdin })) {
  const [, what, digits] = /^(started|ended) ([1-9][0-9]{0,9})$/.exec(line) ?? []
  const pid = Number(digits)
  const state = what === 'started' ? stateOf(pid) : undefined
  if (state === undefined) started.delete(pid)
  else started.set(pid, state.startTicks)
}
const roots = [...started].filter(([pid, startTicks]) => stateOf(pid)?.startTicks === startTicks).map(([pid]) => pid)
// Collected now, because the descendants of an ended process get another parent.
const all = new Map([...roots, ...descendantsOf(roots)].map((pid) => [pid, stateOf(pid)?.startTicks]))
const isRunning = ([pid, startTicks]: readonly [number, ProcessState['startTicks']]) => {
  const state = startTicks === undefined ? undefined : stateOf(pid)
  return state?.startTicks === startTicks && state?.hasEnded === false
}
for (const deadline = performance.now() + GRACE_MS; [...all].some(isRunning) && performance.now() < deadline; ) {
  await delay(POLL_MS)
}
for (const [pid, startTicks] of all) {
  const state = stateOf(pid)
  if (state !== undefined && state.startTicks !== startTicks) continue // The pid was reused.
  // The process may have been the leader of a group with other members.
  for (const target of [-pid, pid]) kill(target)
}

function stateOf(pid: number): ProcessState | undefined {
  if (process.platform !== 'linux') return { parent: 0, startTicks: undefined, hasEnded: false }
  try {
    // The name may contain any characters. After it come state, parent, and 17 more fields before the start time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { parent: Number(fields[1]), startTicks: fields[19], hasEnded: fields[0] === 'Z' }
  } catch {
    return undefined
  }
}

function descendantsOf(pids: readonly number[]): readonly number[] {
  if (process.platform !== 'linux') return []
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger)
  const parents = all.map((pid) => [pid, stateOf(pid)?.parent ?? 0] as const)
  const found = new Set(pids)
  for (let size = 0; size < found.size; ) {
    size = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  return [...found].filter((pid) => !pids.includes(pid))
}

function kill(target: number): void {
  try {
    process.kill(target, 'SIGKILL')
  } catch {
    // No process or group has this number.
  }
}
