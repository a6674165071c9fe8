import { ClockMoves } from '../../../src/daemon/tamper/clock-moves.ts'
import type { Moment } from '../../../src/daemon/tamper/life.ts'

const START = Date.UTC(2026, 10, 25, 12)
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** So long after the start by the counters, with a wall clock that is off. */
const at = (elapsedMs: number, offByMs = 0): Moment => ({
  wallMs: START + elapsedMs + offByMs,
  bootMs: elapsedMs,
  awakeMs: elapsedMs,
})

function moves(directory: number | undefined = START) {
  let heard = directory === undefined ? 0 : 1
  let time = directory
  const judge = new ClockMoves({ directoryTime: () => time, timesHeard: () => heard })
  /** The directory says its time again. */
  const says = (now: number) => {
    time = now
    heard++
  }
  return { judge, says }
}

test("a clock set away from the directory's, once the directory sends its time again", () => {
  const { judge, says } = moves()
  expect(judge.between(at(0), at(MINUTE, -DAY))).toBeUndefined()
  expect(judge.between(at(MINUTE, -DAY), at(2 * MINUTE, -DAY))).toBeUndefined()
  says(START + 3 * MINUTE)
  expect(judge.between(at(2 * MINUTE, -DAY), at(3 * MINUTE, -DAY))).toEqual({
    kind: 'clock-moved',
    time: START + 3 * MINUTE - DAY,
    since: START,
    offByMs: -DAY,
  })
  says(START + 4 * MINUTE)
  expect(judge.between(at(3 * MINUTE, -DAY), at(4 * MINUTE, -DAY))).toBeUndefined()
})

test('a clock that is set there and back', () => {
  const { judge, says } = moves()
  judge.between(at(0), at(MINUTE, -DAY))
  judge.between(at(MINUTE, -DAY), at(2 * MINUTE))
  says(START + 3 * MINUTE)
  expect(judge.between(at(2 * MINUTE), at(3 * MINUTE))).toMatchObject({ kind: 'clock-moved', offByMs: -DAY })
})

test.each<[string, Moment, Moment]>([
  ['a wrong clock that is set right', at(0, DAY), at(MINUTE)],
  ['a step of time synchronisation', at(0), at(MINUTE, 900)],
  ['a step of two minutes', at(0), at(MINUTE, 2 * MINUTE)],
  ['sleep that one counter misses', at(0), { ...at(MINUTE), awakeMs: 1_000 }],
])('%s is no sign', (_, before, after) => {
  const { judge, says } = moves()
  expect(judge.between(before, after)).toBeUndefined()
  says(START + MINUTE)
  expect(judge.between(after, after)).toBeUndefined()
})

test('a suspended virtual machine whose clock is then corrected is no sign', () => {
  const { judge, says } = moves()
  // Eight hours passed, and the counters saw a minute.
  expect(judge.between(at(0), at(MINUTE, 8 * 60 * MINUTE))).toBeUndefined()
  says(START + 8 * 60 * MINUTE + MINUTE)
  expect(judge.between(at(MINUTE, 8 * 60 * MINUTE), at(2 * MINUTE, 8 * 60 * MINUTE))).toBeUndefined()
})

test('a device that boots with a wrong clock and gets the time from the network', () => {
  const { judge, says } = moves(undefined)
  const wrong = { wallMs: 0, bootMs: 1_000, awakeMs: 1_000 }
  judge.sinceBoot(at(DAY), wrong)
  expect(judge.between(wrong, at(2_000))).toBeUndefined()
  says(START + MINUTE)
  expect(judge.between(at(MINUTE), at(MINUTE))).toBeUndefined()
})

test('a device that boots with an earlier clock and keeps it', () => {
  const { judge, says } = moves(undefined)
  judge.sinceBoot(at(10 * DAY), at(0))
  says(START + 10 * DAY)
  expect(judge.between(at(0), at(MINUTE))).toMatchObject({ kind: 'clock-moved', since: START + 10 * DAY })
})
