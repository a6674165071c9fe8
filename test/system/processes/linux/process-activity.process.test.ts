import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { linuxProcessDetails } from '../../../../src/system/processes/linux/process-details.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'

const details = linuxProcessDetails()
const table = linuxProcesses()

test('reports whether any thread of a process did anything', async () => {
  const script = `
    const { Worker } = require('node:worker_threads')
    const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => undefined)", { eval: true })
    worker.once('online', () => console.log('ready'))
    process.stdin.once('data', () => worker.postMessage('do'))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    const entry = table.entry(child.pid ?? 0)
    if (entry === undefined) throw new TypeError('it runs')
    const rested = async () => {
      for (let last: string | undefined; ; await setTimeout(300)) {
        const now = details.activity(entry)
        if (now !== undefined && now === last) return now
        last = now
      }
    }
    const before = await rested()
    child.stdin.write('now')
    const after = await rested()
    const changed = (of: string) => of.split(',').filter((thread) => !before.split(',').includes(thread)).length
    // The main thread, which was told, and the other, which was told by it.
    expect(changed(after)).toBeGreaterThanOrEqual(2)
    expect(details.activity({ ...entry, startTicks: entry.startTicks + 1 })).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(details.activity(entry)).toBeUndefined()
  } finally {
    child.kill('SIGKILL')
  }
})

test.each([
  [8, 'told'],
  [40, 'not told'],
])('of a process with %i threads of its own it is %s whether it did anything', async (count, expected) => {
  const script = `
    const { Worker } = require('node:worker_threads')
    for (let n = 0; n < ${count}; n++) new Worker('setInterval(() => undefined, 1e6)', { eval: true })
    console.log('ready')
    setInterval(() => undefined, 1e6)`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    const entry = table.entry(child.pid ?? 0)
    if (entry === undefined) throw new TypeError('it runs')
    expect(details.activity(entry) === undefined ? 'not told' : 'told').toBe(expected)
  } finally {
    child.kill('SIGKILL')
  }
})
