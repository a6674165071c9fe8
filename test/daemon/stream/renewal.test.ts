import { setTimeout } from 'node:timers/promises'
import { createRenewal, renewInTime } from '../../../src/daemon/stream/renewal.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const MINUTE_MS = 60_000

/** A live connection to a directory that answers each renewal at once. `requests` holds the reason and minute of each. */
function liveConnection(attestEveryMs = 60 * MINUTE_MS) {
  const clock = new FakeClock()
  const stop = new AbortController()
  const { signal } = stop
  const requests: string[] = []
  const minutes = () => clock.monotonic() / MINUTE_MS
  const renewal = createRenewal(
    {
      clock,
      head: () => ({ sequence: 1, hash: 'A'.repeat(43) }),
      async send(frame) {
        requests.push(`${JSON.parse(frame).reason} at ${minutes()}`)
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
    requests,
    async end() {
      stop.abort(new Error('enough'))
      await bound.catch(() => undefined)
    },
  }
}

test('attests in time when nothing else does', async () => {
  const { clock, requests, end } = liveConnection()
  await clock.advance(100 * MINUTE_MS)
  await end()
  expect(requests).toEqual(['timer at 45', 'timer at 90'])
})

test.each([
  ['no time', 0, 10, ['timer at 0.75', 'timer at 1.5', 'timer at 2.25']],
  ['more than a timer can wait', 2 ** 40, 8 * 24 * 60, [`timer at ${0.75 * 7 * 24 * 60}`]],
])('replaces an interval of %s by the nearest allowed one', async (_, everyMs, minutes, first) => {
  const { clock, requests, end } = liveConnection(everyMs)
  await clock.advance(minutes * MINUTE_MS)
  await end()
  expect(requests.slice(0, 3)).toEqual(first)
})

test('starts the interval again after an attestation for another reason', async () => {
  const { clock, renewal, requests, end } = liveConnection()
  await clock.advance(30 * MINUTE_MS)
  await renewal.request('order')
  await clock.advance(50 * MINUTE_MS)
  await end()
  expect(requests).toEqual(['order at 30', 'timer at 75'])
})

test('rejects at once for a signal that is aborted already', async () => {
  const { renewal, end } = liveConnection()
  const reason = new Error('aborted at the welcome')
  const late = setTimeout(20, 'late')
  const stopped = renewal.unanswered({ signal: AbortSignal.abort(reason) }).catch((error) => error)
  expect(await Promise.race([stopped, late])).toBe(reason)
  await end()
})

test('refuses a challenge that was not requested', async () => {
  const { renewal, end } = liveConnection()
  await expect(renewal.answer(async () => undefined)).rejects.toMatchObject({ code: 'FRAME_UNEXPECTED' })
  await end()
})
