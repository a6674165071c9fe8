import { setTimeout } from 'node:timers/promises'
import { silentLog } from '../../../src/base/log.ts'
import { jobsOf } from '../../../src/daemon/collection/jobs.ts'
import { createRenewal, renewInTime } from '../../../src/daemon/stream/renewal.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'

const MINUTE_MS = 60_000

/** A live connection to a directory that answers each renewal at once; `asked` has the minutes at which one was asked for. */
function liveConnection(attestEveryMs = 60 * MINUTE_MS) {
  const clock = new FakeClock()
  const stop = new AbortController()
  const { signal } = stop
  const asked: string[] = []
  const minutes = () => clock.monotonic() / MINUTE_MS
  const renewal = createRenewal(
    {
      clock,
      head: () => ({ sequence: 1, hash: 'A'.repeat(43) }),
      async send(frame) {
        asked.push(`${JSON.parse(frame).reason} at ${minutes()}`)
        queueMicrotask(() => void renewal.answer(async () => undefined))
        return true
      },
    },
    { signal },
  )
  const bound = renewInTime({ clock, random: () => 0 }, renewal, attestEveryMs, { signal })
  return {
    clock,
    renewal,
    asked,
    async end() {
      stop.abort(new Error('enough'))
      await bound.catch(() => undefined)
    },
  }
}

test('when nothing else attests, the bound of the directory does', async () => {
  const { clock, asked, end } = liveConnection()
  await clock.advance(100 * MINUTE_MS)
  await end()
  expect(asked).toEqual(['timer at 45', 'timer at 90'])
})

test.each([
  ['no time at all', 0, 10, ['timer at 0.75', 'timer at 1.5', 'timer at 2.25']],
  ['more than a timer can wait', 2 ** 40, 8 * 24 * 60, [`timer at ${0.75 * 7 * 24 * 60}`]],
])('a bound of %s is taken for the nearest that a directory can be set to', async (_, everyMs, minutes, first) => {
  const { clock, asked, end } = liveConnection(everyMs)
  await clock.advance(minutes * MINUTE_MS)
  await end()
  expect(asked.slice(0, 3)).toEqual(first)
})

test('an attestation for another reason moves the bound', async () => {
  const { clock, renewal, asked, end } = liveConnection()
  await clock.advance(30 * MINUTE_MS)
  await renewal.request('order')
  await clock.advance(50 * MINUTE_MS)
  await end()
  expect(asked).toEqual(['order at 30', 'timer at 75'])
})

test('whoever is stopped before they listen for a missing answer is not kept', async () => {
  const { renewal, end } = liveConnection()
  const reason = new Error('stopped at the welcome')
  const kept = setTimeout(20, 'kept')
  const stopped = renewal.unanswered({ signal: AbortSignal.abort(reason) }).catch((error) => error)
  expect(await Promise.race([stopped, kept])).toBe(reason)
  await end()
})

test('a renewal that nobody asked for is refused', async () => {
  const { renewal, end } = liveConnection()
  await expect(renewal.answer(async () => undefined)).rejects.toMatchObject({ code: 'FRAME_UNEXPECTED' })
  await end()
})

test.each([
  ['0 * * * *', 29 * MINUTE_MS, 0],
  ['0 * * * *', 31 * MINUTE_MS, 1],
  ['*/10 * * * *', 4 * MINUTE_MS, 0],
  ['*/10 * * * *', 6 * MINUTE_MS, 1],
])('a turn of %s, %d ms after an attestation, attests %d times', async (attest, agoMs, times) => {
  const reasons: string[] = []
  const nothing = async () => undefined
  const jobs = jobsOf(
    {
      clock: new FakeClock(),
      log: silentLog,
      collection: { posture: nothing, discovery: nothing, isDiscoveryDue: () => true, turn: nothing },
      stream: { attestedWithin: (ms) => agoMs < ms, attest: async (reason) => void reasons.push(reason) },
    },
    { posture: '0 0 1 1 *', discovery: '0 0 1 1 *', processes: '0 0 1 1 *', attest },
  )
  await jobs.find(({ name }) => name === 'attest')?.run({ signal: new AbortController().signal })
  expect(reasons).toEqual(Array.from({ length: times }, () => 'timer'))
})
