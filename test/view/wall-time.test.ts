import { wallTime } from '../../src/view/wall-time.ts'

test('says a time by the clock on the wall, not by UTC', () => {
  const local = new Date(2026, 2, 4, 5, 6)
  expect(wallTime(local.getTime())).toBe('2026-03-04 05:06')
})
