import fc from 'fast-check'
import { createTask } from 'node-cron'
import { parseCron } from '../../../src/daemon/schedule/cron.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const at = (text: string) => Date.parse(`${text}Z`)

test.each([
  ['*/15 * * * *', '2026-11-25T12:00:00', '2026-11-25T12:15:00'],
  ['*/15 * * * *', '2026-11-25T12:14:59.999', '2026-11-25T12:15:00'],
  ['*/10 * * * * *', '2026-11-25T12:00:03', '2026-11-25T12:00:10'],
  ['0 3 * * *', '2026-12-31T03:00:00', '2027-01-01T03:00:00'],
  ['0 0 29 2 *', '2026-11-25T12:00:00', '2028-02-29T00:00:00'],
  ['30 4 * * 7', '2026-11-25T12:00:00', '2026-11-29T04:30:00'],
  ['0 0 31 * *', '2026-11-25T12:00:00', '2026-12-31T00:00:00'],
  ['59 59 23 31 12 *', '2026-12-31T23:59:59', '2027-12-31T23:59:59'],
])('%s after %s comes at %s', (expression, after, expected) => {
  expect(parseCron(expression).next(at(after))).toBe(at(expected))
})

test.each([
  ['', 'CONFIG_INVALID'],
  ['* * * *', 'CONFIG_INVALID'],
  ['60 * * * *', 'CONFIG_INVALID'],
  ['0 0 31 2 *', 'CONFIG_INVALID'],
  ['0 0 L * *', 'CONFIG_INVALID'],
  ['0 0 * * 1#2', 'CONFIG_INVALID'],
])('refuses %j', async (expression, code) => {
  expect(await codeThrown(() => parseCron(expression))).toBe(code)
})

test('finds the same times as node-cron', () => {
  const part = (most: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`),
      fc.uniqueArray(fc.integer({ min: 0, max: most }), { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
    )
  const expression = fc.tuple(part(59), part(59), part(23), fc.constant('*'), fc.constant('*'), part(6))
  fc.assert(
    fc.property(expression, (parts) => {
      const text = parts.join(' ')
      const before = Date.now()
      const theirs = createTask(text, () => {}, { timezone: 'UTC' })
        .getNextRuns(1)[0]
        ?.getTime()
      // The second may change between the two calls. Either answer is right then.
      return [parseCron(text).next(before), parseCron(text).next(Date.now())].includes(theirs ?? 0)
    }),
    { numRuns: 50 },
  )
})
