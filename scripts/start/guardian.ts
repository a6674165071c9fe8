/**
 * A program beside `npm start` that reads the ids of process groups from standard input. If the input ends without `released`,
 * `npm start` was killed, and the guardian ends these groups.
 */
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const GRACE_MS = 5_000

const groups = new Set<number>()
let released = false
// Ctrl-C also reaches the guardian, which must outlive the others.
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
      groups.delete(group) // the group is empty
    }
  }
}
