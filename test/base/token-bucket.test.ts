import { tokenBucket } from '../../src/base/token-bucket.ts'

test('a bucket gives its burst at once and its rate for ever', () => {
  const bucket = tokenBucket({ perSecond: 100, burst: 1000, nowMs: 0 })
  expect([bucket.take(1000, 0), bucket.take(100, 0), bucket.take(0, 1000), bucket.take(50, 1000)]).toEqual([
    0, 1000, 0, 500,
  ])
})

test('a clock that goes back earns nothing', () => {
  const bucket = tokenBucket({ perSecond: 100, burst: 100, nowMs: 1000 })
  expect([bucket.take(100, 1000), bucket.take(1, 0), bucket.take(0, 0)]).toEqual([0, 10, 10])
})
