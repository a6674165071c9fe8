import { deadlines } from '../../../../src/directory/ingress/sockets/deadlines.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const expired: string[] = []
  const all = deadlines({ clock })
  const keys = new Map<string, object>()
  const keyOf = (name: string) => {
    const key = keys.get(name) ?? {}
    keys.set(name, key)
    return key
  }
  return {
    clock,
    expired,
    set: (name: string, ms: number) => all.set(keyOf(name), ms, () => expired.push(name)),
    clear: (name: string) => all.clear(keyOf(name)),
    all,
  }
}

test('each deadline expires at its time, in any order of setting', async () => {
  const { clock, expired, set } = setUp()
  set('late', 30_000)
  set('soon', 10_000)
  set('later', 40_000)
  await clock.advance(9_999)
  expect(expired).toEqual([])
  await clock.advance(1)
  expect(expired).toEqual(['soon'])
  await clock.advance(30_000)
  expect(expired).toEqual(['soon', 'late', 'later'])
  expect(clock.sleeping).toBe(0)
})

test('a deadline set again restarts, a cleared one does not expire', async () => {
  const { clock, expired, set, clear } = setUp()
  set('again', 10_000)
  set('gone', 10_000)
  await clock.advance(5_000)
  set('again', 10_000)
  clear('gone')
  await clock.advance(9_999)
  expect(expired).toEqual([])
  await clock.advance(1)
  expect(expired).toEqual(['again'])
})

test('one timer serves all, and none is left when nothing is open', async () => {
  const { clock, set, clear } = setUp()
  for (let at = 0; at < 1_000; at++) set(String(at), 10_000 + at)
  await clock.advance(0)
  expect(clock.sleeping).toBe(1)
  for (let at = 0; at < 1_000; at++) clear(String(at))
  await clock.advance(0)
  expect(clock.sleeping).toBe(0)
})

test('a deadline set while another expires is watched', async () => {
  const { clock, expired, set, all } = setUp()
  all.set({}, 1_000, () => set('next', 500))
  await clock.advance(1_000)
  expect(clock.sleeping).toBe(1)
  await clock.advance(500)
  expect({ expired, sleeping: clock.sleeping }).toEqual({ expired: ['next'], sleeping: 0 })
})

test('time in which the process is stopped does not count', async () => {
  const { clock, expired, set } = setUp()
  set('early', 10_000)
  await clock.advance(500)
  set('late', 20_000)
  clock.stall(60_000)
  await clock.advance(8_999)
  expect(expired).toEqual([])
  // It was noticed half a second late.
  await clock.advance(1_001)
  expect(expired).toEqual(['early'])
  clock.stall(60_000)
  await clock.advance(8_000)
  expect(expired).toEqual(['early'])
  await clock.advance(4_000)
  expect({ expired, sleeping: clock.sleeping }).toEqual({ expired: ['early', 'late'], sleeping: 0 })
})
