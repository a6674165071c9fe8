import { raiseToLoad, scaledMs, slowness } from './machine-speed.ts'
import { waitFor } from './wait-for.ts'

const soon = { everyMs: 1, withinMs: 1 }

test('what is seen is given back, at once or later', async () => {
  let looks = 0
  expect(await waitFor('three', () => ++looks, { until: (seen) => seen === 3, everyMs: 1 })).toBe(3)
  expect(await waitFor('a word', async () => (looks++ < 5 ? undefined : 'word'), { everyMs: 1 })).toBe('word')
})

test('what does not come is said, with what was seen last', async () => {
  const waiting = waitFor('the sun', () => ({ sky: ['dark'] }), { until: () => false, ...soon })
  await expect(waiting).rejects.toThrow(
    /^waited \d+ s for the sun \(\(\) ?=> ?false\), last seen: \{ sky: \[ 'dark' \] \}$/,
  )
  const asShown = waitFor('it', () => false, { show: () => 'as shown', ...soon })
  await expect(asShown).rejects.toThrow('for it, last seen: as shown')
})

test('what cannot be shown hides nothing', async () => {
  const show = () => {
    throw new TypeError('blind')
  }
  const waiting = waitFor('it', () => 'grey', { until: () => false, show, ...soon })
  await expect(waiting).rejects.toThrow(/for it \(.*\), last seen: grey \(TypeError: blind\)$/)
})

test('what is long is cut', async () => {
  const waiting = waitFor('it', () => 'x'.repeat(100_000), { until: () => false, ...soon })
  await expect(waiting).rejects.toMatchObject({ message: expect.stringMatching(/^.{1000,7000}…$/s) })
})

test('what the look throws ends the wait', async () => {
  const look = () => {
    throw new TypeError('blind')
  }
  await expect(waitFor('it', look)).rejects.toThrow('blind')
})

test('it looks several times, however late it is', async () => {
  let looks = 0
  await expect(waitFor('it', () => ++looks < 0, { withinMs: 0, everyMs: 1 })).rejects.toThrow()
  expect(looks).toBeGreaterThan(5)
})

test.each([
  [undefined, 1],
  ['', 1],
  ['nonsense', 1],
  ['0.2', 1],
  ['-3', 1],
  ['2.5', 2.5],
  ['1e9', 20],
])('a slowness of %j counts as %d', (given, counts) => {
  expect(slowness({ SURETY_TEST_SLOWNESS: given })).toBe(counts)
})

test('a limit grows with the slowness, which load raises and never lowers', () => {
  expect(scaledMs(100)).toBe(Math.ceil(100 * slowness()))
  expect(scaledMs(100, { times: 1 })).toBe(100)
  const slow = { SURETY_TEST_SLOWNESS: '15' }
  raiseToLoad(slow)
  expect(slowness(slow)).toBeGreaterThanOrEqual(15)
  const fast: Record<string, string | undefined> = {}
  raiseToLoad(fast)
  expect(slowness(fast)).toBeGreaterThanOrEqual(1)
})
