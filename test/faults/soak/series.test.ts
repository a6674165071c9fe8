import { BOUNDS } from './bounds.ts'
import { growing, riseOf, type Sample } from './series.ts'

const samplesOf = (value: (index: number) => number): Sample[] =>
  Array.from({ length: 9 }, (_, index) => ({ rounds: index * 100, values: { bytes: value(index) } }))

test.each([
  ['what stays', () => 7, { slack: 0 }, true],
  ['what goes up and down', (index: number) => 50 + (index % 3) * 30, { slack: 0 }, true],
  ['what falls', (index: number) => 100 - index, { slack: 0 }, true],
  ['what grows within its slack', (index: number) => index, { slack: 10 }, true],
  ['what grows by no more than it may each round', (index: number) => index * 100, { slack: 0, perRound: 1 }, true],
  [
    'a log that fills and is written over',
    (index: number) => Math.min(index * 100, 400),
    { slack: 0, below: 400 },
    true,
  ],
  ['one more every few rounds', (index: number) => index, { slack: 0 }, false],
  ['what grows faster than it may', (index: number) => index * 300, { slack: 10, perRound: 1 }, false],
  ['a log that is never written over', (index: number) => index * 100, { slack: 0, below: 400 }, false],
  ['what jumps once and stays', (index: number) => (index < 5 ? 1 : 9), { slack: 0 }, false],
  ['what could not be measured', () => Number.NaN, { slack: 0 }, false],
])('%s', (_, value, bound, flat) => {
  expect(growing(samplesOf(value), { bytes: bound }).length === 0).toBe(flat)
})

test('too few samples, or rounds, are no proof', () => {
  expect(growing(samplesOf(() => 1).slice(0, 5), { bytes: { slack: 0 } })).toEqual(['too few samples'])
  const still = samplesOf(() => 1).map((sample) => ({ ...sample, rounds: 0 }))
  expect(growing(still, { bytes: { slack: 0 } })).toEqual(['nothing was done'])
})

/** As measured in 36 seconds on a busy machine: rounds, and kilobytes. */
const MEASURED = {
  directory: {
    rounds: [
      ...[61, 64, 65, 65, 73, 77, 78, 90, 96, 101, 109, 113, 115, 116],
      ...[120, 122, 127, 130, 132, 135, 142, 144, 148, 148, 150, 156, 164, 167],
    ],
    heapBytes: [
      ...[40330, 40048, 39798, 39620, 40220, 39670, 39532, 39868, 39943, 39783, 39946, 40341, 39963, 39821],
      ...[40000, 39739, 39872, 39975, 39745, 39798, 39850, 39864, 40201, 39663, 39765, 39952, 39964, 39950],
    ],
    rssBytes: [
      ...[
        198578, 198578, 198709, 198709, 198709, 198709, 197226, 197226, 197226, 197226, 197226, 173748, 173748, 173879,
      ],
      ...[
        174010, 174141, 174273, 174404, 174404, 174404, 174404, 173548, 173548, 173548, 173548, 173548, 173548, 173679,
      ],
    ],
  },
  daemon: {
    rounds: [
      ...[1671, 1711, 1739, 1748, 1766, 1787, 1801, 1842, 1874, 1897, 1906, 1975, 2003, 2030],
      ...[2053, 2070, 2104, 2111, 2143, 2150, 2152, 2179, 2184, 2201, 2214, 2221, 2268, 2276],
    ],
    heapBytes: [
      ...[30987, 30913, 30896, 30936, 31174, 31157, 31132, 31087, 31120, 31241, 31165, 31334, 31145, 31271],
      ...[31197, 31182, 31178, 31115, 31234, 31224, 31251, 31181, 31264, 31259, 31139, 31260, 31151, 31164],
    ],
    rssBytes: [
      ...[
        152719, 152719, 152719, 152719, 152719, 152719, 148697, 148697, 148697, 148697, 148697, 148828, 148828, 148828,
      ],
      ...[
        148828, 148828, 148828, 148828, 148828, 148828, 148828, 148828, 148828, 148828, 148828, 148828, 148828, 148828,
      ],
    ],
  },
  suretyd: {
    rounds: [
      ...[11, 12, 14, 16, 17, 19, 21, 23, 25, 26, 27, 29, 30, 32],
      ...[34, 36, 37, 39, 41, 42, 44, 46, 47, 49, 51, 52, 54, 56],
    ],
    heapBytes: [
      ...[27988, 28137, 28065, 28707, 28140, 29069, 28193, 28872, 28041, 28029, 29186, 28248, 28198, 28157],
      ...[28180, 28132, 28188, 28092, 28092, 28081, 28281, 28070, 28093, 28218, 28811, 28917, 28772, 28971],
    ],
    rssBytes: [
      ...[
        114135, 115184, 115970, 117019, 117019, 117412, 117543, 117674, 117674, 117674, 117936, 117936, 117936, 117936,
      ],
      ...[
        117936, 118067, 118067, 118067, 118067, 118067, 118067, 118067, 118067, 118329, 118329, 118329, 118329, 118329,
      ],
    ],
  },
} as const
const PROGRAMS = ['directory', 'daemon', 'suretyd'] as const

/** With so many bytes more for each round that was done since the first sample, `every` rounds at a time. */
function measured(name: (typeof PROGRAMS)[number], leak: { readonly bytes: number; readonly every: number }): Sample[] {
  const { rounds, heapBytes, rssBytes } = MEASURED[name]
  return rounds.map((done, at) => {
    const leaked = Math.floor((done - rounds[0]) / leak.every) * leak.every * leak.bytes
    const values = { heapBytes: (heapBytes[at] ?? 0) * 1_000 + leaked, rssBytes: (rssBytes[at] ?? 0) * 1_000 + leaked }
    return { rounds: done, values }
  })
}

describe.each(PROGRAMS)('what was measured of %s', (name) => {
  const { heapBytes, rssBytes } = BOUNDS[name]
  const grown = (bytes: number, every = 1) => growing(measured(name, { bytes, every }), { heapBytes, rssBytes })

  test('is flat', () => expect(grown(0)).toEqual([]))

  test.each([
    ['40 KB with every round', 40_000, 1],
    ['100 KB with every round', 100_000, 1],
    ['200 KB with every fifth round', 40_000, 5],
  ])('is not with a leak of %s', (_, bytes, every) => {
    expect(grown(bytes, every)).toContainEqual(expect.stringMatching(/^heapBytes: by \d+ with every round$/))
  })

  test('is not with a leak of four megabytes a second outside of all heaps', () => {
    const samples = measured(name, { bytes: 0, every: 1 })
    const values = (at: number) => ({ rssBytes: (samples[at]?.values.rssBytes ?? 0) + at * 4_000_000 })
    const leaking = samples.map(({ rounds }, at) => ({ rounds, values: values(at) }))
    expect(growing(leaking, { rssBytes })).toHaveLength(1)
  })
})

test('how steeply something rises is not bent by what is in flight now and then', () => {
  const samples = Array.from({ length: 28 }, (_, at) => ({
    rounds: at,
    values: { bytes: 1_000 + 5 * at + (at % 4 < 3 ? 900 : 0) },
  }))
  expect(riseOf(samples, 'bytes')).toBe(5)
  expect(growing(samples, { bytes: { slack: 10_000, slope: 5 } })).toEqual([])
  expect(growing(samples, { bytes: { slack: 10_000, slope: 4 } })).toEqual(['bytes: by 5 with every round'])
})

test('a rise that could not be measured is no proof', () => {
  const samples = samplesOf(() => Number.NaN)
  expect(growing(samples, { bytes: { slack: 0, slope: 1 } })).toContain('bytes: by NaN with every round')
})
