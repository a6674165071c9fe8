/**
 * Run as a program of its own beside a process that runs tests: when its standard input ends that process is gone, however
 * it ended, and what it had started and not seen end is killed, with all that descends from it. What ends by itself when its
 * own standard input does has a moment to clean up.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { scaledMs } from './machine-speed.ts'

const GRACE_MS = scaledMs(3_000)
const LOOK_EVERY_MS = 50

interface Seen {
  readonly parent: number
  /** In ticks since boot: a number may be given to another process. */
  readonly since: string | undefined
  /** And nobody has asked how. */
  readonly hasEnded: boolean
}

const started = new Map<number, Seen['since']>()
// An interrupt at the terminal is not for us: we outlive the others to see them end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

for await (const line of createInterface({ input: process.stdin })) {
  const [, what, digits] = /^(started|ended) ([1-9][0-9]{0,9})$/.exec(line) ?? []
  const pid = Number(digits)
  const seen = what === 'started' ? look(pid) : undefined
  if (seen === undefined) started.delete(pid)
  else started.set(pid, seen.since)
}
const roots = [...started].filter(([pid, since]) => look(pid)?.since === since).map(([pid]) => pid)
// Noted now: whoever ends leaves its descendants to somebody else.
const all = new Map([...roots, ...descendantsOf(roots)].map((pid) => [pid, look(pid)?.since]))
const lives = ([pid, since]: readonly [number, Seen['since']]) => {
  const seen = since === undefined ? undefined : look(pid)
  return seen?.since === since && seen?.hasEnded === false
}
for (const deadline = performance.now() + GRACE_MS; [...all].some(lives) && performance.now() < deadline; ) {
  await delay(LOOK_EVERY_MS)
}
for (const [pid, since] of all) {
  const seen = look(pid)
  if (seen !== undefined && seen.since !== since) continue // somebody else's by now
  // What was put in a group of its own may have left others in it.
  for (const target of [-pid, pid]) kill(target)
}

function look(pid: number): Seen | undefined {
  if (process.platform !== 'linux') return { parent: 0, since: undefined, hasEnded: false }
  try {
    // After the name, which may hold anything: state, parent, and 17 more before the time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { parent: Number(fields[1]), since: fields[19], hasEnded: fields[0] === 'Z' }
  } catch {
    return undefined
  }
}

function descendantsOf(pids: readonly number[]): readonly number[] {
  if (process.platform !== 'linux') return []
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger)
  const parents = all.map((pid) => [pid, look(pid)?.parent ?? 0] as const)
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
    // Nobody is left there, or no group has this number.
  }
}
