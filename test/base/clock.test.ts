import { fullJitterMs, orAborted, systemClock } from '../../src/base/clock.ts'

test('passes on the result or the error of the work', async () => {
  const { signal } = new AbortController()
  expect(await orAborted(Promise.resolve(7), signal)).toBe(7)
  await expect(orAborted(Promise.reject(new RangeError('no')), signal)).rejects.toThrow(RangeError)
})

test.each(['before', 'after'])('rejects at once with the reason when aborted %s the wait begins', async (when) => {
  const stop = new AbortController()
  if (when === 'before') stop.abort('enough')
  const waiting = orAborted(new Promise(() => {}), stop.signal)
  stop.abort('enough')
  await expect(waiting).rejects.toBe('enough')
})

test('leaves no unhandled rejection when the work fails after the abort', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    let fail = (_: Error) => {}
    const work = new Promise<never>((_, reject) => {
      fail = reject
    })
    await expect(orAborted(work, AbortSignal.abort('enough'))).rejects.toBe('enough')
    fail(new Error('too late'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})

test('ends a sleep with its signal', async () => {
  await expect(systemClock.sleep(60_000, { signal: AbortSignal.abort('up') })).rejects.toBe('up')
})

test('keeps full jitter within its bounds', () => {
  const init = { baseMs: 100, capMs: 1_000, random: () => 0.999 }
  expect([0, 1, 2, 3, 4, 60].map((attempt) => fullJitterMs(attempt, init))).toEqual([99, 199, 399, 799, 999, 999])
})
