import { growing, type Sample } from './series.ts'

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
