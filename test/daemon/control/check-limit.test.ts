import { createCheckLimit } from '../../../src/daemon/control/control-server.ts'

const alice = { userId: '1000', isRoot: false }
const bob = { userId: '1001', isRoot: false }

test('lets each user run the checks twice in a row, and then once in thirty seconds', () => {
  let now = 1_000
  const limit = createCheckLimit({ now: () => now })
  limit.take(alice)
  limit.take(alice)
  limit.take(alice)
  expect(() => limit.take(alice)).toThrow('the checks ran a moment ago; try again in 30 s')
  expect(() => limit.take(alice)).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }))
  limit.take(bob)
  now += 29_999
  expect(() => limit.take(alice)).toThrow('try again in 1 s')
  now += 1
  limit.take(alice)
})

test('never limits root', () => {
  const limit = createCheckLimit({ now: () => 0 })
  for (let run = 0; run < 50; run++) limit.take({ userId: '0', isRoot: true })
  expect(() => limit.take(alice)).not.toThrow()
})
