import { lookOnChange } from '../../../src/daemon/collection/scan-on-change.ts'
import type { ProcessChange } from '../../../src/discovery/process-table/process-change.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'

/** A look that the test lets end, and when each began. */
function world() {
  const clock = new FakeClock()
  const stop = new AbortController()
  const seen = { looks: [] as number[], whole: [] as number[], watching: true }
  const looks: PromiseWithResolvers<void>[] = []
  let tell: (change: ProcessChange) => void = () => undefined
  const running = lookOnChange(
    {
      clock,
      watch(onChange) {
        tell = onChange
        return { [Symbol.dispose]: () => void Object.assign(seen, { watching: false }) }
      },
      look({ quick }) {
        seen.looks.push(clock.monotonic())
        if (!quick) seen.whole.push(clock.monotonic())
        const look = Promise.withResolvers<void>()
        looks.push(look)
        return look.promise
      },
    },
    { signal: stop.signal },
  )
  return {
    ...{ clock, seen, stop, running },
    async change(...changes: readonly ProcessChange[]) {
      for (const change of changes) tell(change)
      await clock.advance(0)
    },
    async endLook() {
      looks.pop()?.resolve()
      await clock.advance(0)
    },
    /** Time passes, and looks take none. */
    async pass(ms: number) {
      for (let at = 0; at < ms; at += 10) {
        looks.pop()?.resolve()
        await clock.advance(10)
      }
    },
  }
}

test('an agent that begins is looked at once, at once', async () => {
  const { seen, change, pass } = world()
  await pass(100)
  expect(seen.looks).toEqual([])
  await change('started')
  expect(seen.looks).toEqual([100])
  await pass(5_000)
  expect(seen.looks).toEqual([100])
})

test('an agent that begins right after the last one, or after the end of one, is looked at at once too', async () => {
  const { seen, change, pass } = world()
  await change('started')
  await pass(20)
  await change('ended')
  await pass(20)
  await change('started')
  await pass(20)
  await change('part')
  await change('started')
  await pass(5_000)
  expect(seen.looks).toEqual([0, 40, 60])
})

test('what changes during a look, however often, is one look more', async () => {
  const { seen, change, endLook, clock } = world()
  await change('started')
  await change('started', 'started', 'started')
  await clock.advance(50)
  expect(seen.looks).toEqual([0])
  await endLook()
  await endLook()
  expect(seen.looks).toEqual([0, 50])
})

test.each<[ProcessChange, number[]]>([
  ['ended', [100, 300, 500, 700, 900, 1_100]],
  ['part', [200, 1_200]],
  ['tool', [200, 1_200]],
  ['lost', [200, 1_200]],
])('%s, again and again, waits for others', async (kind, expected) => {
  const { seen, change, pass } = world()
  for (let turn = 0; turn < 100; turn++) {
    await change(kind)
    await pass(10)
  }
  await pass(300)
  expect(seen.looks).toEqual(expected)
})

test('only what events do not tell needs a look at everything, which an agent that begins does not wait for', async () => {
  const { seen, change, pass } = world()
  await change('started')
  await pass(20)
  await change('tool')
  await pass(20)
  await change('started')
  await change('part')
  await pass(3_000)
  expect([seen.looks, seen.whole]).toEqual([[0, 40, 1_000], [1_000]])
})

test('of agents that begin by the hundred the first are told at once, and the rest together', async () => {
  const { seen, change, pass } = world()
  for (let turn = 0; turn < 200; turn++) {
    await change('started')
    await pass(10)
  }
  expect(seen.looks.slice(0, 8)).toEqual([0, 10, 20, 30, 40, 50, 60, 70])
  expect(seen.looks.slice(8)).toEqual(Array.from({ length: 20 }, (_, at) => (at + 1) * 100))
  expect(seen.whole).toEqual([])
  await pass(10_000)
  await change('started')
  expect(seen.looks.at(-1)).toBe(12_000)
})

test('an end stops the watch', async () => {
  const { seen, stop, running } = world()
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
  expect(seen.watching).toBe(false)
})

test('an end while a change waits is an end', async () => {
  const { seen, stop, running, change } = world()
  await change('part')
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
  expect(seen).toEqual({ looks: [], whole: [], watching: false })
})
