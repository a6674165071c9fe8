import { collectGarbage, heapGrowth } from '../../src/system/engine.ts'

test('the heap has grown by what was made since garbage was collected, and by nothing right after', () => {
  collectGarbage()
  expect(heapGrowth()).toBeLessThan(1_000_000)
  const made = Array.from({ length: 1_000_000 }, (_, at) => at + 0.5)
  expect(heapGrowth()).toBeGreaterThan(4 * made.length)
})
