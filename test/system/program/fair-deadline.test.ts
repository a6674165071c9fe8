import { fairDeadline } from '../../../src/system/program/fair-deadline.ts'
import { blockThread } from '../block-thread.ts'

test('a peer that says nothing has its time and no more', async () => {
  await new Promise<void>((expired) => {
    fairDeadline({ timeoutMs: 20, received: () => 0, expired }).start()
  })
})

test('however long we stood still, that is hardly time of the peer', async () => {
  let over = false
  using deadline = fairDeadline({
    timeoutMs: 100,
    received: () => 0,
    expired() {
      over = true
    },
  })
  deadline.start()
  blockThread(500)
  // A timer that is due as early as the deadline would have been, and what follows it.
  await new Promise((resolve) => setTimeout(resolve, 1))
  await new Promise(setImmediate)
  expect(over).toBe(false)
})

test('while there is more of what came in time, the time is not over', async () => {
  let size = 0
  await new Promise<void>((expired) => {
    fairDeadline({ timeoutMs: 1, received: () => Math.min(++size, 100), expired }).start()
  })
  expect(size).toBe(101)
})

test('a stopped or disposed deadline never expires; a restarted one has its full time', async () => {
  const expired: string[] = []
  const named = (name: string, timeoutMs: number) =>
    fairDeadline({ timeoutMs, received: () => 0, expired: () => void expired.push(name) })
  const stopped = named('stopped', 1)
  {
    using gone = named('gone', 1)
    gone.start()
  }
  stopped.start()
  stopped.stop()
  using again = named('again', 1)
  again.start()
  again.start()
  await new Promise<void>((done) => fairDeadline({ timeoutMs: 50, received: () => 0, expired: done }).start())
  expect(expired).toEqual(['again'])
})
