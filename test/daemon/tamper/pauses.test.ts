import { pauseBetween, type Turn } from '../../../src/daemon/tamper/life.ts'

const START = Date.UTC(2026, 10, 25, 12)
const PLANNED = 12_000
const before: Turn = {
  wallMs: START,
  bootMs: 5_000_000,
  awakeMs: 4_000_000,
  resumes: 0,
  waitedMs: 900,
  workedMs: 50_000,
  wakes: 0,
}

/** So long after it, of which the device slept some. */
function after(ms: number, { sleptMs = 0, ...change }: Partial<Turn> & { readonly sleptMs?: number } = {}): Turn {
  const moment = { wallMs: START + ms, bootMs: before.bootMs + ms, awakeMs: before.awakeMs + ms - sleptMs }
  return { ...before, ...moment, workedMs: before.workedMs + 30, waitedMs: 950, ...change }
}

const look = (turn: Turn) => pauseBetween(before, turn, { plannedMs: PLANNED })

test.each<[string, Turn]>([
  ['a turn in time', after(PLANNED + 3)],
  ['a turn that is a little late', after(PLANNED + 20_000)],
  ['sleep that the clocks tell', after(8 * 3_600_000, { sleptMs: 8 * 3_600_000 - PLANNED })],
  ['sleep that a service host announces, where one clock counts it', after(8 * 3_600_000, { wakes: 1 })],
  ['a sleep and a late turn after it', after(3_600_000, { sleptMs: 3_000_000 })],
  ['work of its own', after(200_000, { workedMs: before.workedMs + 180_000 })],
  ['a stop and a resume within a moment', after(PLANNED + 500, { resumes: 1 })],
  ['a clock that was set', { ...after(PLANNED), wallMs: START + 86_400_000 }],
])('%s is no pause', (_, turn) => {
  expect(look(turn)).toBeUndefined()
})

test('a signal stopped it', () => {
  expect(look(after(312_000, { resumes: 1 }))).toEqual({
    kind: 'paused',
    cause: 'signal',
    time: START + 312_000,
    since: START + PLANNED,
    durationMs: 300_000,
  })
})

test('frozen, with nothing that tells by whom', () => {
  expect(look(after(312_000))).toMatchObject({ kind: 'paused', cause: 'unknown', durationMs: 300_000 })
  expect(look(after(312_000, { waitedMs: undefined }))).toMatchObject({ kind: 'paused', cause: 'unknown' })
})

test('without a processor it is starved', () => {
  expect(look(after(312_000, { waitedMs: 200_000 }))).toMatchObject({ kind: 'starved', durationMs: 300_000 })
})

test('the clock of the wall hides no pause', () => {
  expect(look({ ...after(312_000, { resumes: 1 }), wallMs: START + PLANNED })).toMatchObject({ durationMs: 300_000 })
})
