/**
 * Run as a program of its own beside `npm start`: when its standard input ends without a word, `npm start` was killed,
 * and what it had started is ended, so that nothing of it stays behind.
 */
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const GRACE_MS = 5_000

const groups = new Set<number>()
let released = false
// An interrupt at the terminal is not for us: we outlive the others to see them end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'released') released = true
  else if (/^[1-9][0-9]{0,9}$/.test(line)) groups.add(Number(line))
}
if (!released) {
  end('SIGTERM')
  await delay(GRACE_MS)
  end('SIGKILL')
}

function end(signal: NodeJS.Signals): void {
  for (const group of groups) {
    try {
      process.kill(-group, signal)
    } catch {
      groups.delete(group) // nobody is left in it
    }
  }
}
