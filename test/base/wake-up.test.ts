import { WakeUp } from '../../src/base/wake-up.ts'

test('who waits is woken once, all at a time; who comes later waits for the next', async () => {
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

test('an abort ends the wait, also one that came before it', async () => {
  const wakeUp = new WakeUp()
  const ending = new AbortController()
  const waiting = wakeUp.wait({ signal: ending.signal })
  ending.abort()
  await waiting
  await wakeUp.wait({ signal: ending.signal })
})
