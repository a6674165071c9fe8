import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { scaledMs } from './machine-speed.ts'
import { GOOD, runTests } from './own-jest.ts'
import { temporaryFolder } from './temporary-folder.ts'

test.each([
  ['a timer', 'setInterval(() => undefined, 60_000)', 'Timeout'],
  ['a server', `await new Promise((up) => require('node:net').createServer().listen(0, up))`, 'TCPServerWrap'],
  ['a program', `require('node:child_process').spawn('/usr/bin/sleep', ['600'])`, 'PipeWrap, ProcessWrap'],
])('a file that leaves %s behind has failed', async (_, leave, kind) => {
  using folder = temporaryFolder()
  const said = await runTests(folder.path, { bad: `test('leaves it', async () => { ${leave} })`, good: GOOD })
  expect(said).toContain(`left open, or running (close it, end it, \`using\`): ${kind}`)
  expect(said).toMatch(/Test Suites: 1 failed, 1 passed, 2 total/)
})

test('what ends by itself a moment later is waited for', async () => {
  using folder = temporaryFolder()
  const said = await runTests(folder.path, {
    soon: `test('soon', () => void setTimeout(() => undefined, 100))`,
    good: GOOD,
  })
  expect(said).toMatch(/Test Suites: 2 passed, 2 total/)
})

/** As jest's do, it listens no more when it is told to end; and something keeps it from ending by itself. */
const WORKER = `
  await import(process.argv[2])
  setInterval(() => undefined, 60_000)
  process.on('message', function end() {
    process.removeListener('message', end)
  })
  process.send('listens')`

test('a worker ends when it is told to, without taking down what it holds', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'worker.mjs')
  writeFileSync(path, WORKER)
  const worker = fork(path, [pathToFileURL(join(import.meta.dirname, 'environment.js')).href])
  await once(worker, 'message')
  worker.send('end')
  // It would never end by itself.
  const late = setTimeout(() => worker.kill('SIGKILL'), scaledMs(60_000))
  expect(await once(worker, 'exit')).toEqual([0, null])
  clearTimeout(late)
})
