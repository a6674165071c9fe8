import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GOOD, runTests } from './own-jest.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

/** It starts what tests start, writes their numbers down, and is killed. */
const KILLED = `
  const { spawn } = require('node:child_process')
  const { once } = require('node:events')
  const { appendFileSync } = require('node:fs')
  const grandparent = 'sleep 600 & echo $!; exec sleep 600'
  test('is killed', async () => {
    const sleeps = [
      spawn('/bin/sh', ['-c', grandparent], { stdio: ['pipe', 'pipe', 'ignore'] }),
      spawn('/bin/sh', ['-c', grandparent], { stdio: ['pipe', 'pipe', 'ignore'], detached: true, env: {} }),
      spawn('/bin/sh', ['-c', 'setsid sleep 600 & echo $!; exec sleep 600'], { stdio: ['pipe', 'pipe', 'ignore'] }),
    ]
    for (const each of sleeps) {
      const [line] = await once(each.stdout, 'data')
      appendFileSync('pids', each.pid + '\\n' + line)
    }
    const ended = spawn('/usr/bin/true')
    await once(ended, 'exit')
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => undefined)
  })`

onLinux('what a worker started ends when the worker is killed', async () => {
  using folder = temporaryFolder()
  const said = await runTests(folder.path, { killed: KILLED, good: GOOD })
  expect(said).toMatch(/signal=SIGKILL/)
  const pids = readFileSync(join(folder.path, 'pids'), 'utf8').trim().split('\n').map(Number)
  expect(pids).toHaveLength(6)
  await waitFor('their ends', () => pids.filter(isRunning), { until: (running) => running.length === 0 })
})

/** What it starts cleans up when its standard input ends, and takes a while for it. */
const KILLED_WITH_CLEANER = `
  const { spawn } = require('node:child_process')
  const { once } = require('node:events')
  test('is killed', async () => {
    const script = 'echo ready; cat; sleep 0.5; touch cleaned'
    const cleaner = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], detached: true })
    await once(cleaner.stdout, 'data')
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => undefined)
  })`

onLinux('what ends with its standard input has a moment to clean up', async () => {
  using folder = temporaryFolder()
  expect(await runTests(folder.path, { killed: KILLED_WITH_CLEANER, good: GOOD })).toMatch(/signal=SIGKILL/)
  await waitFor('its last word', () => existsSync(join(folder.path, 'cleaned')))
})

/** What was killed and that nobody has asked for yet does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
