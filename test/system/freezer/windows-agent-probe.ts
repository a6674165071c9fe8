/**
 * Runs on Windows: an agent whose threads and processes write without end, each into a file of its own in the folder `argv[2]`.
 * With `child` it is one of its processes; with `leaver` it starts one and ends; with `plain` it leaves nothing behind. A
 * `hopper` starts the next one and ends, without end.
 */
import { spawn } from 'node:child_process'
import { existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

const [folder = '', role = 'agent', name = ''] = process.argv.slice(2)
const THREADS = 8
const PAUSE_MS = 2

const WRITE = `
  const { openSync, writeSync } = require('node:fs')
  const { workerData } = require('node:worker_threads')
  const fd = openSync(workerData.file, 'a')
  const never = new Int32Array(new SharedArrayBuffer(4))
  for (;;) {
    writeSync(fd, 'x')
    Atomics.wait(never, 0, 0, workerData.pauseMs)
  }`

function start(otherRole: string, otherName: string): void {
  const args = ['--disable-warning=ExperimentalWarning', import.meta.filename, folder, otherRole, otherName]
  spawn(process.execPath, args, { stdio: 'ignore', detached: true }).unref()
}

/** One new thread after the other. Each writes once. */
function startThreads(file: string): void {
  const code = `require('node:fs').appendFileSync(require('node:worker_threads').workerData, 'x')`
  new Worker(code, { eval: true, workerData: file }).once('exit', () => startThreads(file))
}

function writeOn(file: string): void {
  const fd = openSync(file, 'a')
  setInterval(() => writeSync(fd, 'x'), PAUSE_MS)
}

if (role === 'hopper') {
  writeSync(openSync(join(folder, 'hops'), 'a'), 'x')
  if (existsSync(join(folder, 'go'))) start('hopper', '')
  else
    setInterval(() => {
      if (!existsSync(join(folder, 'go'))) return
      start('hopper', '')
      process.exit(0)
    }, PAUSE_MS)
} else if (role === 'leaver') {
  start('child', name)
} else if (role === 'child') {
  writeOn(join(folder, name))
} else {
  for (let thread = 0; thread < THREADS; thread++)
    new Worker(WRITE, { eval: true, workerData: { file: join(folder, `thread-${thread}`), pauseMs: PAUSE_MS } })
  // Until it belongs to an agent, it starts nothing.
  const waiting = setInterval(() => {
    if (!existsSync(join(folder, 'go'))) return
    clearInterval(waiting)
    start('child', 'child')
    if (role === 'plain') return
    start('leaver', 'left-behind')
    startThreads(join(folder, 'new-threads'))
  }, PAUSE_MS)
}
