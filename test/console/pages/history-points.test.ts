import { pointsOf } from '../../../src/console/pages/overview/history-points.ts'
import type { CountedHour } from '../../../src/protocol/nouns/directory/history.ts'

const NOON = Date.UTC(2026, 10, 2, 12)

function counted(time: number, running: number): CountedHour {
  return {
    time,
    devices: {
      total: 3,
      connected: 2,
      byVerdict: { compliant: 3, 'not-compliant': 0, stale: 0, unknown: 0 },
    },
    agents: { running, frozen: 0, autonomous: running - 1, unregistered: 0, blocked: 0 },
    waiting: 0,
    stops: 0,
  }
}

test('days are at the time of the hour that was counted, not at equal distances', () => {
  const days = [
    { day: '2026-11-02', ...counted(NOON, 5) },
    { day: '2026-11-05', ...counted(NOON + 3 * 86_400_000 - 7_200_000, 9) },
  ]
  expect(pointsOf({ days, hours: [] }, '30 d')).toEqual({
    times: [NOON / 1_000, NOON / 1_000 + 3 * 86_400 - 7_200],
    running: [5, 9],
    autonomous: [4, 8],
  })
})

test('hours ascend, and one that is there twice is one point', () => {
  const hours = [counted(NOON + 3_600_000, 2), counted(NOON, 1), counted(NOON, 1)]
  expect(pointsOf({ days: [], hours }, '48 h').times).toEqual([NOON / 1_000, NOON / 1_000 + 3_600])
})

test('a history without an hour has no points', () => {
  expect(pointsOf({ days: [], hours: [] }, '30 d')).toEqual({ times: [], running: [], autonomous: [] })
})
