import { collectGarbage, heapGrowth } from '../../src/system/engine.ts'

test('the heap has grown by what was made since garbage was collected, and by nothing right after', () => {
  collectGarbage()
  expect(heapGrowth()).toBeLessThan(1_000_000)
  const made = Array.from({ length: 1_000_000 }, (_, at) => at + 0.5)
  expect(heapGrowth()).toBeGreaterThan(4 * made.length)
})

test('what was made and dropped of late is no growth', () => {
  collectGarbage()
  const dropped = { last: [0] }
  for (let at = 0; at < 50_000; at++) dropped.last = [at, at + 0.5, at + 1]
  expect(dropped.last).toHaveLength(3)
  expect(heapGrowth()).toBeLessThan(1_000_000)
})
