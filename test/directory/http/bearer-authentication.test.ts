import { failureLimiter } from '../../../src/directory/http/bearer-authentication.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const INIT = { burst: 3, perMinute: 6, networks: 2 }

test('after a burst an address waits, and may try again once time has passed', async () => {
  const clock = new FakeClock()
  const limiter = failureLimiter({ clock }, INIT)
  const tries = () => [1, 2, 3, 4].map(() => limiter.failed('192.0.2.1'))
  expect(tries()).toEqual([0, 0, 0, 10_000])
  expect(limiter.failed('192.0.2.2')).toBe(0)
  await clock.advance(10_000)
  expect(limiter.failed('192.0.2.1')).toBe(0)
  expect(limiter.failed('192.0.2.1')).toBe(10_000)
})

test.each([
  ['2001:db8::1', '2001:db8::ffff:1', true],
  ['2001:db8:0:0:1::1', '2001:db8::2', true],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ['fe80::1%eth0', 'fe80::2%eth1', true],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
])('%s and %s are one guesser: %s', (one, other, same) => {
  const limiter = failureLimiter({ clock: new FakeClock() }, { ...INIT, burst: 1 })
  expect(limiter.failed(one)).toBe(0)
  expect(limiter.failed(other) > 0).toBe(same)
})

test('it forgets the address that was quiet longest, and no more', () => {
  const limiter = failureLimiter({ clock: new FakeClock() }, { ...INIT, burst: 1 })
  for (const address of ['a', 'b', 'c']) limiter.failed(address)
  expect(['c', 'b'].map((address) => limiter.failed(address) > 0)).toEqual([true, true])
  expect(limiter.failed('a')).toBe(0)
})
