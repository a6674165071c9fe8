import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { scaledMs } from '../machine-speed.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { PASSING_TEST, runTests } from './run-jest.ts'

test.each([
  ['a timer', 'setInterval(() => undefined, 60_000)', 'Timeout'],
  ['a server', `await new Promise((up) => require('node:net').createServer().listen(0, up))`, 'TCPServerWrap'],
  ['a program', `require('node:child_process').spawn('/usr/bin/sleep', ['600'])`, 'PipeWrap, ProcessWrap'],
])('fails a file that leaves %s', async (_, leave, kind) => {
  using folder = temporaryFolder()
  const output = await runTests(folder.path, { bad: `test('leaves it', async () => { ${leave} })`, good: PASSING_TEST })
  expect(output).toContain(`left open or running (close it, end it, or use \`using\`): ${kind}`)
  expect(output).toMatch(/Test Suites: 1 failed, 1 passed, 2 total/)
})

test('waits for resources that end a moment later', async () => {
  using folder = temporaryFolder()
  const output = await runTests(folder.path, {
    soon: `test('soon', () => void setTimeout(() => undefined, 100))`,
    good: PASSING_TEST,
  })
  expect(output).toMatch(/Test Suites: 2 passed, 2 total/)
})

/** Like a worker of jest, stops listening at a message. A timer keeps it alive. */
const WORKER = `
  await import(process.argv[2])
  setInterval(() => undefined, 60_000)
  process.on('message', function end() {
    process.removeListener('message', end)
  })
  process.send('listens')`

test('ends a worker at once when jest ends it', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'worker.mjs')
  writeFileSync(path, WORKER)
  const worker = fork(path, [pathToFileURL(join(import.meta.dirname, 'environment.js')).href])
  await once(worker, 'message')
  worker.send('end')
  // Otherwise it never ends.
  const late = setTimeout(() => worker.kill('SIGKILL'), scaledMs(60_000))
  expect(await once(worker, 'exit')).toEqual([0, null])
  clearTimeout(late)
})
