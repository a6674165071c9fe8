import { silentLog } from '../../../src/base/log.ts'
import { keepRenewed } from '../../../src/directory/authority/keep-renewed.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

type Work = 'renewTls' | 'renewed' | 'renewDelegations'

function kept() {
  const clock = new FakeClock()
  const done: string[] = []
  const failing = new Set<Work>()
  let isDue = true
  const act = (what: Work) => async () => {
    done.push(what)
    if (failing.has(what)) throw new Error('no room')
    const wasDue = isDue
    if (what === 'renewTls') isDue = false
    return wasDue
  }
  const authority = { renewTls: act('renewTls'), renewDelegations: async () => void (await act('renewDelegations')()) }
  const stopped = new AbortController()
  const over = keepRenewed(
    { clock, log: silentLog, authority, renewed: async () => void (await act('renewed')()) },
    { signal: stopped.signal },
  )
  return {
    clock,
    done,
    failing,
    due() {
      isDue = true
    },
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
  await keeping.clock.advance(2 * HOUR_MS)
  keeping.due()
  await keeping.clock.advance(12 * HOUR_MS)
  expect(keeping.done).toEqual(['renewTls', 'renewed', 'renewDelegations', 'renewTls', 'renewed', 'renewDelegations'])
  await keeping.clock.advance(12 * HOUR_MS)
  expect(keeping.done.slice(6)).toEqual(['renewTls', 'renewDelegations'])
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

test.each<[Work, first: readonly Work[], again: readonly Work[], well: readonly Work[]]>([
  [
    'renewTls',
    ['renewTls', 'renewDelegations'],
    ['renewTls', 'renewDelegations'],
    ['renewTls', 'renewed', 'renewDelegations'],
  ],
  [
    'renewed',
    ['renewTls', 'renewed', 'renewDelegations'],
    ['renewTls', 'renewed', 'renewDelegations'],
    ['renewTls', 'renewed', 'renewDelegations'],
  ],
  [
    'renewDelegations',
    ['renewTls', 'renewed', 'renewDelegations'],
    ['renewTls', 'renewDelegations'],
    ['renewTls', 'renewDelegations'],
  ],
])('when %s fails, does the rest, and retries each minute what is not done', async (work, first, again, well) => {
  await using keeping = kept()
  keeping.failing.add(work)
  await keeping.clock.advance(12 * HOUR_MS)
  expect(keeping.done).toEqual(first)
  await keeping.clock.advance(60_000)
  expect(keeping.done).toEqual([...first, ...again])
  keeping.failing.clear()
  await keeping.clock.advance(60_000)
  expect(keeping.done).toEqual([...first, ...again, ...well])
  await keeping.clock.advance(11 * HOUR_MS)
  expect(keeping.done).toEqual([...first, ...again, ...well])
})
