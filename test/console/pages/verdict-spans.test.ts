import { nextChange, verdictSpans } from '../../../src/console/pages/devices/verdict-spans.ts'
import type { TimelineEntry } from '../../../src/protocol/nouns/devices/timeline.ts'

let id = 0
function changed(time: number, facts: unknown, kind = 'verdict-changed'): TimelineEntry {
  return { time, what: 'event', words: '', event: { id: ++id, kind, facts } }
}

const SPAN = { since: 100, until: 200 }

test('without a change it was what it is now', () => {
  expect(verdictSpans({ ...SPAN, entries: [], now: { verdict: 'compliant' } })).toEqual([
    { verdict: 'compliant', from: 100, to: 200 },
  ])
})

test('it begins with what the first change changed, in any order of the entries', () => {
  const entries = [
    changed(180, { from: 'not-compliant', to: 'compliant' }),
    changed(130, { from: 'compliant', to: 'not-compliant' }),
    { time: 150, what: 'checks', words: '' } as const,
  ]
  expect(verdictSpans({ ...SPAN, entries, now: { verdict: 'compliant' } })).toEqual([
    { verdict: 'compliant', from: 100, to: 130 },
    { verdict: 'not-compliant', from: 130, to: 180 },
    { verdict: 'compliant', from: 180, to: 200 },
  ])
})

test('a verdict that ended is stale from then on', () => {
  const entries = [changed(120, { from: 'unknown', to: 'compliant' })]
  expect(verdictSpans({ ...SPAN, entries, now: { verdict: 'stale', validUntil: 150 } })).toEqual([
    { verdict: 'unknown', from: 100, to: 120 },
    { verdict: 'compliant', from: 120, to: 150 },
    { verdict: 'stale', from: 150, to: 200 },
  ])
})

test('what it was before it became stale is not made up', () => {
  expect(verdictSpans({ ...SPAN, entries: [], now: { verdict: 'stale', validUntil: 150 } })).toEqual([
    { verdict: 'unknown', from: 100, to: 150 },
    { verdict: 'stale', from: 150, to: 200 },
  ])
  expect(verdictSpans({ ...SPAN, entries: [], now: { verdict: 'stale', validUntil: 50 } })).toEqual([
    { verdict: 'stale', from: 100, to: 200 },
  ])
})

test.each([
  ['an event of another kind', changed(150, { to: 'stale' }, 'attested')],
  ['a verdict of a later release', changed(150, { from: 'compliant', to: 'superb' })],
  ['facts that are none', changed(150, null)],
  ['a change before the span', changed(99, { from: 'unknown', to: 'stale' })],
])('%s changes nothing', (_words, entry) => {
  expect(verdictSpans({ ...SPAN, entries: [entry], now: { verdict: 'compliant' } })).toEqual([
    { verdict: 'compliant', from: 100, to: 200 },
  ])
})

test.each([
  ['b', 110, 1, 120],
  ['b', 120, 1, 150],
  ['b', 150, 1, undefined],
  ['b', 120, -1, undefined],
  ['a', 110, 1, 119],
  ['a', 119, 1, 149],
  ['a', 150, -1, 149],
] as const)('point %s at %d jumps by %d to %s', (point, at, by, place) => {
  expect(nextChange([150, 120], point, at, by)).toBe(place)
})
