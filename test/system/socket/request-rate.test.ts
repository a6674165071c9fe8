import { RequestRate } from '../../../src/system/socket/local-socket.ts'

const user = (userId: string) => ({ userId, isAdministrator: false })

test('a user may ask 100 times at once, then 20 times a second', () => {
  let nowMs = 0
  const rate = new RequestRate(() => nowMs)
  for (let count = 0; count < 100; count++) expect(rate.count(user('1000'))).toBe(0)
  expect(rate.count(user('1000'))).toBe(50)
  expect(rate.count(user('1000'))).toBe(100)
  nowMs = 150
  expect(rate.count(user('1000'))).toBe(0)
})

test('one user does not slow another, nor an administrator', () => {
  const rate = new RequestRate(() => 0)
  for (let count = 0; count < 1000; count++) rate.count(user('1000'))
  expect(rate.count(user('1001'))).toBe(0)
  for (let count = 0; count < 1000; count++)
    expect(rate.count({ userId: 'S-1-5-21-1-2-3-500', isAdministrator: true })).toBe(0)
})

test('a user in debt is not forgotten because many others come', () => {
  const rate = new RequestRate(() => 0)
  for (let count = 0; count < 200; count++) rate.count(user('1000'))
  for (let other = 0; other < 500; other++) rate.count(user(String(2000 + other)))
  expect(rate.count(user('1000'))).toBeGreaterThan(0)
})

test('connections that are refused count until the rate is used up, and then no more', () => {
  let nowMs = 0
  const rate = new RequestRate(() => nowMs)
  const refusals = (count: number) => Array.from({ length: count }, () => rate.mayRefuse(user('1000')))
  expect(refusals(101)).toEqual(Array(101).fill(true))
  expect(refusals(1_000)).toEqual(Array(1_000).fill(false))
  expect(rate.mayRefuse(user('1001'))).toBe(true)
  expect(rate.mayRefuse({ userId: '0', isAdministrator: true })).toBe(true)
  // A flood leaves no debt behind.
  nowMs = 100
  expect(refusals(3)).toEqual([true, true, false])
})
