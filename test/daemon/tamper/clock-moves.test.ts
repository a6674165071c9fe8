import { ClockMoves } from '../../../src/daemon/tamper/clock-moves.ts'
import type { Moment } from '../../../src/daemon/tamper/life.ts'

const START = Date.UTC(2026, 10, 25, 12)
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** So long after the start by the counters, with a wall clock that is off. */
const at = (elapsedMs: number, offByMs = 0): Moment => ({
  ...{ wallMs: START + elapsedMs + offByMs, bootMs: elapsedMs, awakeMs: elapsedMs },
})

function moves() {
  let directory: number | undefined = START + MINUTE
  const judge = new ClockMoves({ directoryTime: () => directory })
  const knows = (time: number | undefined) => {
    directory = time
  }
  return { judge, knows }
}

test('a clock that is set away from the directory', () => {
  const { judge } = moves()
  expect(judge.between(at(0), at(MINUTE, -DAY))).toEqual({
    ...{ kind: 'clock-moved', time: START + MINUTE - DAY, since: START, offByMs: -DAY },
  })
})

test.each<[string, Moment, Moment]>([
  ['a wrong clock that is set right', at(0, DAY), at(MINUTE)],
  ['a step of time synchronisation', at(0), at(MINUTE, 900)],
  ['a step of two minutes', at(0), at(MINUTE, 2 * MINUTE)],
  ['a step towards the right time that is not enough', at(0, DAY), at(MINUTE, DAY / 2)],
  ['sleep that one counter misses', at(0), { ...at(MINUTE), awakeMs: 1_000 }],
])('%s is no sign', (_, before, after) => {
  expect(moves().judge.between(before, after)).toBeUndefined()
})

test('while the directory is away a step waits, and only what is wrong in the end counts', () => {
  const { judge, knows } = moves()
  knows(undefined)
  expect(judge.between(at(0), at(MINUTE, DAY))).toBeUndefined()
  expect(judge.between(at(MINUTE, DAY), at(2 * MINUTE, DAY))).toBeUndefined()
  knows(START + 3 * MINUTE)
  expect(judge.between(at(2 * MINUTE, DAY), at(3 * MINUTE, DAY))).toMatchObject({ since: START, offByMs: DAY })
  expect(judge.between(at(3 * MINUTE, DAY), at(3 * MINUTE, DAY))).toBeUndefined()
})

test('a device that boots with a wrong clock and gets the time from the network', () => {
  const { judge, knows } = moves()
  knows(undefined)
  judge.sinceBoot(at(DAY), { wallMs: 0, bootMs: 1_000, awakeMs: 1_000 })
  expect(judge.between({ wallMs: 0, bootMs: 1_000, awakeMs: 1_000 }, at(2_000))).toBeUndefined()
  knows(START + MINUTE)
  expect(judge.between(at(MINUTE), at(MINUTE))).toBeUndefined()
})

test('a device that boots with an earlier clock and keeps it', () => {
  const { judge, knows } = moves()
  judge.sinceBoot(at(10 * DAY), at(0))
  knows(START + 10 * DAY)
  expect(judge.between(at(0), at(MINUTE))).toMatchObject({ kind: 'clock-moved', since: START + 10 * DAY })
})
