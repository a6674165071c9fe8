import { codeOf } from '../../../src/base/errors.ts'
import { serialQueue } from '../../../src/keys/provider/serial-queue.ts'

test('runs work one at a time and in order', async () => {
  await using queue = serialQueue({ capacity: 8, fullCode: 'TPM_BUSY' })
  const events: string[] = []
  const work = (name: string) => async () => {
    events.push(`${name} begins`)
    await Promise.resolve()
    events.push(`${name} ends`)
  }
  await Promise.all(['a', 'b', 'c'].map((name) => queue.run(work(name))))
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

test('rejects the failed call and runs the next', async () => {
  await using queue = serialQueue({ capacity: 8, fullCode: 'TPM_BUSY' })
  const failed = queue.run(async () => {
    throw new Error('mine')
  })
  await expect(failed).rejects.toThrow('mine')
  expect(await queue.run(async () => 'next')).toBe('next')
})

test('refuses at once beyond its capacity', async () => {
  await using queue = serialQueue({ capacity: 2, fullCode: 'TPM_BUSY' })
  const { promise, resolve } = Promise.withResolvers<void>()
  const running = queue.run(() => promise)
  // The first starts in the next turn of the event loop and no longer counts as waiting.
  await Promise.resolve()
  const waiting = [queue.run(async () => 1), queue.run(async () => 2)]
  expect(await queue.run(async () => 3).catch(codeOf)).toBe('TPM_BUSY')
  resolve()
  expect([await running, ...(await Promise.all(waiting))]).toEqual([undefined, 1, 2])
})

test('skips calls aborted while waiting, and leaves one aborted while running', async () => {
  await using queue = serialQueue({ capacity: 8, fullCode: 'TPM_BUSY' })
  const { promise, resolve } = Promise.withResolvers<void>()
  const [impatient, waiting] = [new AbortController(), new AbortController()]
  const served: string[] = []
  const first = queue.run(() => promise, { signal: impatient.signal })
  const second = queue.run(async () => served.push('second'), { signal: waiting.signal })
  const third = queue.run(async () => served.push('third'))
  await Promise.resolve()
  impatient.abort(new Error('first gave up'))
  waiting.abort(new Error('second gave up'))
  await expect(first).rejects.toThrow('first gave up')
  await expect(second).rejects.toThrow('second gave up')
  resolve()
  await third
  expect(served).toEqual(['third'])
})

test('aborts running work on close, and refuses waiting and later calls: KEY_CLOSED', async () => {
  const queue = serialQueue({ capacity: 8, fullCode: 'TPM_BUSY' })
  const running = queue.run(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  const waiting = queue.run(async () => 'never')
  await Promise.resolve()
  const outcomes = Promise.all([running.catch(codeOf), waiting.catch(codeOf)])
  await queue[Symbol.asyncDispose]()
  expect([...(await outcomes), await queue.run(async () => 'late').catch(codeOf)]).toEqual([
    'KEY_CLOSED',
    'KEY_CLOSED',
    'KEY_CLOSED',
  ])
})
