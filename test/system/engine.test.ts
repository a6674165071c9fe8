import { getHeapStatistics } from 'node:v8'
import { collectGarbage, heapGrowth } from '../../src/system/engine.ts'

test('the heap has grown by what was made since garbage was collected, and by nothing right after', () => {
  collectGarbage()
  expect(heapGrowth()).toBeLessThan(1_000_000)
  const made = Array.from({ length: 1_000_000 }, (_, at) => at + 0.5)
  expect(heapGrowth()).toBeGreaterThan(4 * made.length)
})

test('what was made and dropped of late is no growth', () => {
  const used = () => getHeapStatistics().used_heap_size
  const last: string[] = []
  const before = used()
  for (let at = 0; used() < before + 2_000_000; at++)
    last[at % 64] = 'dropped '
      .repeat(at % 9)
      .split('')
      .join('.')
  const full = used()
  heapGrowth()
  expect(used()).toBeLessThan(full - 1_000_000)
})
