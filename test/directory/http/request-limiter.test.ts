import { silentLog } from '../../../src/base/log.ts'
import { requestLimiter } from '../../../src/directory/http/request-limiter.ts'
import { startHttpServer } from '../../../src/directory/http/server.ts'
import { ask, startTestDirectory } from '../../support/directory/directory-api.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { refusal } from './documented-answers.ts'

const PER_MINUTE = 60

test('a bucket holds a minute of requests, and fills evenly', async () => {
  const clock = new FakeClock(0)
  const limiter = requestLimiter({ clock }, { perMinute: PER_MINUTE })
  const waits = Array.from({ length: PER_MINUTE + 1 }, () => limiter.take('adm_a').waitMs)
  expect(waits.filter((waitMs) => waitMs > 0)).toEqual([1_000])
  await clock.advance(999)
  expect(limiter.take('adm_a').waitMs).toBe(1)
  await clock.advance(1)
  expect([limiter.take('adm_a').waitMs, limiter.take('adm_a').waitMs]).toEqual([0, 1_000])
  await clock.advance(3_600_000)
  expect(limiter.take('adm_a').headers).toEqual({
    'ratelimit-policy': '"requests";q=60;w=60',
    ratelimit: '"requests";r=59;t=1',
  })
})

test('principals have buckets of their own, and a refused request takes nothing', () => {
  const clock = new FakeClock(0)
  const limiter = requestLimiter({ clock }, { perMinute: PER_MINUTE })
  for (let sent = 0; sent < 1_000; sent++) limiter.take('adm_a')
  expect(limiter.take('adm_b').waitMs).toBe(0)
  expect(limiter.take('adm_a').waitMs).toBe(1_000)
})

test('refuses a principal over its limit with a wait, on all routes but those of stops', async () => {
  await using directory = await startTestDirectory()
  const limiter = requestLimiter({ clock: directory.clock }, { perMinute: PER_MINUTE })
  await using server = await startHttpServer(
    { surfaces: [{ ...directory.surface, limiter }], log: silentLog },
    { host: '127.0.0.1', port: 0, certificate: directory.authority.tls() },
  )
  const url = `https://127.0.0.1:${server.port}`
  const { token, ca } = directory
  const send = (method: string, path: string, options: object = {}) => ask(url, ca, method, path, { token, ...options })
  const first = await send('GET', '/api/v1/devices')
  expect(first).toMatchObject({ status: 200, headers: { ratelimit: '"requests";r=59;t=1' } })
  await Promise.all(Array.from({ length: PER_MINUTE - 1 }, () => send('GET', '/api/v1/nowhere')))
  const refused = await send('GET', '/api/v1/devices')
  expect(refused).toMatchObject({
    status: 429,
    json: refusal('RATE_LIMITED', expect.stringMatching(/^too many requests of administrator: wait 1 s$/)),
    headers: { 'retry-after': '1', 'ratelimit-policy': '"requests";q=60;w=60', ratelimit: '"requests";r=0;t=60' },
  })
  const body = { kind: 'freeze', selector: { all: true }, reason: 'incident' }
  expect((await send('POST', '/api/v1/stops', { body })).status).toBe(201)
  expect((await send('GET', '/api/v1/health', { token: null })).headers).not.toHaveProperty('ratelimit')
  await directory.clock.advance(1_000)
  expect((await send('GET', '/api/v1/devices')).status).toBe(200)
})
