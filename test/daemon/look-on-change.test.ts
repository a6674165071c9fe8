import { lookOnChange } from '../../src/daemon/look-on-change.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

/** A look that the test lets end, and what it counts. */
function world() {
  const clock = new FakeClock()
  const stop = new AbortController()
  const seen = { looks: 0, watching: true }
  const looks: PromiseWithResolvers<void>[] = []
  let change: () => void = () => undefined
  const running = lookOnChange(
    {
      clock,
      watch(onChange) {
        change = onChange
        return { [Symbol.dispose]: () => void Object.assign(seen, { watching: false }) }
      },
      look() {
        seen.looks++
        const look = Promise.withResolvers<void>()
        looks.push(look)
        return look.promise
      },
    },
    { signal: stop.signal },
  )
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  return {
    clock,
    seen,
    stop,
    running,
    settle,
    async change() {
      change()
      await settle()
    },
    async endLook() {
      looks.pop()?.resolve()
      await settle()
    },
  }
}

test('a change is looked at once, at once', async () => {
  const { seen, change, settle } = world()
  await settle()
  expect(seen.looks).toBe(0)
  await change()
  expect(seen.looks).toBe(1)
})

test('what changes during a look, however often, is one look more, after a pause', async () => {
  const { seen, change, endLook, clock, settle } = world()
  await change()
  await change()
  await change()
  await endLook()
  expect(seen.looks).toBe(1)
  await clock.advance(200)
  await settle()
  expect(seen.looks).toBe(2)
  await endLook()
  await clock.advance(200)
  await settle()
  expect(seen.looks).toBe(2)
})

test('an end stops the watch', async () => {
  const { seen, stop, running } = world()
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
  expect(seen.watching).toBe(false)
})
