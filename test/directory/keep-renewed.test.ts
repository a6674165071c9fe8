import { silentLog } from '../../src/base/log.ts'
import { keepRenewed } from '../../src/directory/authority/keep-renewed.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function kept(init: { readonly fails?: 'renewTls' | 'renewDelegations' } = {}) {
  const clock = new FakeClock()
  const done: string[] = []
  const act = (what: 'renewTls' | 'renewDelegations') => async () => {
    done.push(what)
    if (init.fails === what) throw new Error('no room')
    return true
  }
  const authority = { renewTls: act('renewTls'), renewDelegations: async () => void (await act('renewDelegations')()) }
  const stopped = new AbortController()
  const over = keepRenewed(
    { clock, log: silentLog, authority, renewed: () => done.push('renewed') },
    { signal: stopped.signal },
  )
  return {
    clock,
    done,
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await over
    },
  }
}

test('twice a day all of it is looked at', async () => {
  await using keeping = kept()
  await keeping.clock.advance(11 * HOUR_MS)
  expect(keeping.done).toEqual([])
  await keeping.clock.advance(14 * HOUR_MS)
  expect(keeping.done).toEqual(['renewTls', 'renewed', 'renewDelegations', 'renewTls', 'renewed', 'renewDelegations'])
})

test.each([
  ['put back a day', -DAY_MS],
  ['put on a year', 365 * DAY_MS],
  ['put back an hour', -HOUR_MS],
])('it is looked at within a minute when the clock is %s', async (_, jumpMs) => {
  await using keeping = kept()
  await keeping.clock.advance(HOUR_MS)
  keeping.clock.jump(jumpMs)
  await keeping.clock.advance(60_000)
  expect(keeping.done).toEqual(['renewTls', 'renewed', 'renewDelegations'])
  // Once: from then on the clock is as it is.
  await keeping.clock.advance(HOUR_MS)
  expect(keeping.done).toHaveLength(3)
})

test('a clock that is corrected by seconds is no reason', async () => {
  await using keeping = kept()
  for (let look = 0; look < 10; look++) {
    keeping.clock.jump(2_000)
    await keeping.clock.advance(60_000)
  }
  expect(keeping.done).toEqual([])
})

test.each([
  ['renewTls', ['renewTls', 'renewDelegations']],
  ['renewDelegations', ['renewTls', 'renewed', 'renewDelegations']],
] as const)('when %s fails the rest is done, and all of it is tried again', async (fails, tried) => {
  await using keeping = kept({ fails })
  await keeping.clock.advance(12 * HOUR_MS + 60_000)
  expect(keeping.done).toEqual(tried)
  await keeping.clock.advance(12 * HOUR_MS + 60_000)
  expect(keeping.done).toEqual([...tried, ...tried])
})
