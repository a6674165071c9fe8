import { RequestRate } from '../../../src/system/socket/request-rate.ts'

test('a user may ask 100 times at once, then 20 times a second', () => {
  let nowMs = 0
  const rate = new RequestRate(() => nowMs)
  for (let count = 0; count < 100; count++) expect(rate.count('1000')).toBe(0)
  expect(rate.count('1000')).toBe(50)
  expect(rate.count('1000')).toBe(100)
  nowMs = 150
  expect(rate.count('1000')).toBe(0)
})

test('one user does not slow another, nor root', () => {
  const rate = new RequestRate(() => 0)
  for (let count = 0; count < 1000; count++) rate.count('1000')
  expect(rate.count('1001')).toBe(0)
  for (let count = 0; count < 1000; count++) expect(rate.count('0')).toBe(0)
})

test('a user in debt is not forgotten because many others come', () => {
  const rate = new RequestRate(() => 0)
  for (let count = 0; count < 200; count++) rate.count('1000')
  for (let other = 0; other < 500; other++) rate.count(String(2000 + other))
  expect(rate.count('1000')).toBeGreaterThan(0)
})
