import { closed, counter, type Static, Type } from '../../../base/schema.ts'
import { timeSchema } from '../../ids.ts'
import { VERDICTS } from '../../messages/attestation-result.ts'
import { apiAnswer } from '../../noun/answers.ts'
import type { Summary } from './directory.ts'

/** How the fleet was: some counts of each hour. What was not counted is absent, never 0. */

export const MOST_HISTORY_DAYS = 400
export const USUAL_HISTORY_DAYS = 30
export const HISTORY_HOURS = 48

const byVerdict = Object.fromEntries(VERDICTS.map((verdict) => [verdict, counter()])) as Record<
  (typeof VERDICTS)[number],
  ReturnType<typeof counter>
>

/** Of one moment. All but `retired` devices. */
export const countedHourSchema = closed({
  time: timeSchema,
  devices: closed({ total: counter(), connected: counter(), byVerdict: closed(byVerdict) }),
  agents: closed({
    running: counter(),
    /** Those of `running` that a stop holds. */
    frozen: counter(),
    autonomous: counter(),
    /** Seen agents that nobody decided about, and those that were blocked. */
    unregistered: counter(),
    blocked: counter(),
  }),
  /** New devices, re-enrolments and stops that wait for a person. */
  waiting: counter(),
  /** In force. */
  stops: counter(),
})
export type CountedHour = Static<typeof countedHourSchema>

const dayPattern = '^\\d{4}-\\d\\d-\\d\\d$'

export const historySchema = closed({
  /** Each day in UTC, by the hour in which most devices were connected. The newest is last. */
  days: Type.Array(closed({ day: Type.String({ pattern: dayPattern }), ...countedHourSchema.properties }), {
    maxItems: MOST_HISTORY_DAYS + 1,
  }),
  /** Of the last 48 hours. */
  hours: Type.Array(countedHourSchema, { maxItems: HISTORY_HOURS + 1 }),
})
export type History = Static<typeof historySchema>

export const historyReader = apiAnswer(historySchema, 'history')

/** What is kept of a summary. */
export function countedHourOf(summary: Summary): CountedHour {
  const { time, devices, sightings, seenAgents, stops, pendingDevices, pendingReEnrolments } = summary
  return {
    time,
    devices: { total: devices.total, connected: devices.connected, byVerdict: devices.byVerdict },
    agents: {
      running: sightings.runningAgents,
      frozen: sightings.frozenAgents,
      autonomous: sightings.autonomousAgents,
      unregistered: seenAgents.unknown,
      blocked: seenAgents.blocked,
    },
    waiting: pendingDevices + pendingReEnrolments + stops.toConfirm,
    stops: stops.standing,
  }
}
