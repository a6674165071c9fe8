import fc from 'fast-check'
import { codeOf } from '../../../src/base/errors.ts'
import { cursorNumbers, page } from '../../../src/directory/http/paging.ts'

test('pages of any size join up to the whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat()), fc.integer({ min: 1, max: 9 }), async (numbers, limit) => {
      const all = numbers.toSorted((a, b) => a - b)
      const seen: number[] = []
      for (let after = -1, more = true; more; ) {
        const load = async (count: number) => all.filter((one) => one > after).slice(0, count)
        const { items, next } = await page(limit, load, String)
        seen.push(...items)
        after = Number(next)
        more = next !== undefined
      }
      expect(seen).toEqual(all)
    }),
  )
})

test('a cursor is read back or refused, and nothing else', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const numbers = cursorNumbers(text, 2)
        expect(numbers?.join('.')).toBe(text)
      } catch (error) {
        expect(codeOf(error)).toBe('INPUT_MALFORMED')
      }
    }),
  )
  expect(cursorNumbers('3.14', 2)).toEqual([3, 14])
  expect(cursorNumbers(`1.${Number.MAX_SAFE_INTEGER}`, 2)).toEqual([1, Number.MAX_SAFE_INTEGER])
  expect(() => cursorNumbers(`1.${Number.MAX_SAFE_INTEGER + 1}`, 2)).toThrow(
    expect.objectContaining({ code: 'INPUT_MALFORMED' }),
  )
})
