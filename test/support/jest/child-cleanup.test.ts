import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary-folder.ts'
import { waitFor } from '../wait-for.ts'
import { PASSING_TEST, runTests } from './run-jest.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

/** Starts programs as tests do, writes down their pids, and is killed. */
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

onLinux('ends the programs of a killed worker', async () => {
  using folder = temporaryFolder()
  const output = await runTests(folder.path, { killed: KILLED, good: PASSING_TEST })
  expect(output).toMatch(/signal=SIGKILL/)
  const pids = readFileSync(join(folder.path, 'pids'), 'utf8').trim().split('\n').map(Number)
  expect(pids).toHaveLength(6)
  await waitFor('their ends', () => pids.filter(isRunning), { until: (running) => running.length === 0 })
})

/** Its program takes half a second to clean up after the end of its standard input. */
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

onLinux('lets programs clean up after the end of their standard input', async () => {
  using folder = temporaryFolder()
  expect(await runTests(folder.path, { killed: KILLED_WITH_CLEANER, good: PASSING_TEST })).toMatch(/signal=SIGKILL/)
  await waitFor('the cleanup', () => existsSync(join(folder.path, 'cleaned')))
})

/** A zombie does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
