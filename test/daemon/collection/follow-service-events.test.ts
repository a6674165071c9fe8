import { setImmediate as turn } from 'node:timers/promises'
import { silentLog } from '../../../src/base/log.ts'
import { followServiceEvents } from '../../../src/daemon/collection/follow-service-events.ts'
import type { ServiceEvent } from '../../../src/system/program/service-input.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function following(run: () => Promise<void> = async () => undefined) {
  const clock = new FakeClock()
  const stop = new AbortController()
  const seen: string[] = []
  let listener: ((event: ServiceEvent) => void) | undefined
  const note = (what: string) => async () => {
    seen.push(what)
    await run()
  }
  const done = followServiceEvents(
    {
      clock,
      log: silentLog,
      collection: { posture: note('posture'), discovery: note('discovery') },
      resumed: { wake: () => void seen.push('resumed') },
      events: {
        watch(each) {
          listener = each
          return {
            [Symbol.dispose]() {
              listener = undefined
            },
          }
        },
      },
    },
    { signal: stop.signal },
  )
  return {
    clock,
    seen,
    announce: async (event: ServiceEvent) => {
      listener?.(event)
      await turn()
    },
    isListening: () => listener !== undefined,
    stop: async () => {
      stop.abort(new TypeError('enough'))
      await expect(done).rejects.toThrow('enough')
    },
  }
}

test('wakes the schedule after sleep', async () => {
  const { seen, announce, stop } = following()
  await announce({ kind: 'suspend' })
  expect(seen).toEqual([])
  await announce({ kind: 'resume' })
  expect(seen).toEqual(['resumed'])
  await stop()
})

test('checks and reads homes when a user logs on, and on no other change of a session', async () => {
  const { seen, announce, stop } = following()
  for (const kind of ['lock', 'unlock', 'connect', 'disconnect', 'logoff'] as const)
    await announce({ kind, session: 1 })
  expect(seen).toEqual([])
  await announce({ kind: 'logon', session: 2 })
  expect(seen).toEqual(['posture', 'discovery'])
  await stop()
})

test('users who log on within a minute share a scan; one during a scan gets another', async () => {
  const { clock, seen, announce, stop } = following()
  for (let session = 1; session <= 50; session++) await announce({ kind: 'logon', session })
  expect(seen).toEqual(['posture', 'discovery'])
  await clock.advance(60_000)
  expect(seen).toEqual(['posture', 'discovery', 'posture', 'discovery'])
  await clock.advance(600_000)
  expect(seen).toHaveLength(4)
  await stop()
})

test('listens no more once it has ended', async () => {
  const { isListening, stop } = following()
  expect(isListening()).toBe(true)
  await stop()
  expect(isListening()).toBe(false)
})

test('without a service host it waits for the end', async () => {
  const components = {
    clock: new FakeClock(),
    log: silentLog,
    collection: { posture: async () => undefined, discovery: async () => undefined },
    resumed: { wake: () => undefined },
    events: undefined,
  }
  const stop = new AbortController()
  const done = followServiceEvents(components, { signal: stop.signal })
  stop.abort(new TypeError('enough'))
  await expect(done).rejects.toThrow('enough')
})
