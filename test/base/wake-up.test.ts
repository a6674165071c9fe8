import { WakeUp } from '../../src/base/wake-up.ts'

test('wakes all waiters once, and later waiters at the next wake', async () => {
  const wakeUp = new WakeUp()
  const { signal } = new AbortController()
  const woken: string[] = []
  const wait = async (name: string) => {
    await wakeUp.wait({ signal })
    woken.push(name)
  }
  wakeUp.wake()
  const [first, second] = [wait('first'), wait('second')]
  wakeUp.wake()
  const third = wait('third')
  await Promise.all([first, second])
  expect(woken).toEqual(['first', 'second'])
  wakeUp.wake()
  await third
  expect(woken).toEqual(['first', 'second', 'third'])
})

test('ends the wait on an abort, even one that came before it', async () => {
  const wakeUp = new WakeUp()
  const ending = new AbortController()
  const waiting = wakeUp.wait({ signal: ending.signal })
  ending.abort()
  await waiting
  await wakeUp.wait({ signal: ending.signal })
})
