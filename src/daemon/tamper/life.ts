import { closed, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type TamperSign, tamperSignSchema } from '../../protocol/tamper.ts'

/** What a life of the daemon leaves for the next one, and what the next one makes of it. */

/** Three clocks at one moment. Milliseconds. */
export const momentSchema = closed({
  /** Since 1970. A hand can set it. */
  wallMs: Type.Number(),
  /** Since the boot, with sleep. */
  bootMs: Type.Number(),
  /** Since a moment of this boot, without sleep where the system can tell. */
  awakeMs: Type.Number(),
})
export type Moment = Static<typeof momentSchema>

/** `life.json` of the state folder: written each minute, and at a clean end. */
const lifeSchema = closed({
  schema: Type.Literal('surety/life@1'),
  bootId: text(64),
  version: text(64),
  seen: momentSchema,
  /** Absent while it runs. `removed`: an administrator said that the daemon is removed. */
  ended: Type.Optional(words('cleanly', 'removed')),
  /** SHA-256 of the value of each setting that is no default, by name. */
  settings: Type.Record(text(128), text(64)),
  /** Not in evidence yet. */
  signs: Type.Array(tamperSignSchema, { maxItems: LIMITS.tamperSigns }),
})
export type Life = Static<typeof lifeSchema>

export const lifeReader = reader(lifeSchema, { name: 'life.json', limits: { maxBytes: 64 * 1024, maxDepth: 6 } })

export interface Beginning {
  readonly bootId: string
  readonly version: string
  readonly now: Moment
  readonly settings: Life['settings']
  /** How long the services of this system have been running, without sleep. Undefined where nothing tells. */
  readonly systemUpMs: number | undefined
  /** The device has an identity and has reported before. */
  readonly hasReported: boolean
}

/**
 * A crash is noticed at once, and systemd waits for a minute at most before the next start. A daemon that does not run is killed by the
 * watchdog after two minutes: that must show.
 */
const MOST_RESTART_MS = 100_000
/** An upgrade may ask a person, and its download may be slow. */
const MOST_UPGRADE_MS = 30 * 60_000
/** The daemon starts with the other services. */
const LATE_START_MS = 10 * 60_000

/** Pure. What the last life tells that a reboot, a restart or an upgrade does not explain. */
export function signsOfLastLife(last: Life | undefined, begin: Beginning): readonly TamperSign[] {
  const { now, version } = begin
  const time = timeOf(now.wallMs)
  if (last === undefined) return begin.hasReported ? [{ kind: 'record-lost', time }] : []
  if (last.ended === 'removed') return []
  const most = last.version === version ? MOST_RESTART_MS : MOST_UPGRADE_MS
  return [...absence(last, begin, most), ...changedSettings(last, begin)]
}

function absence(last: Life, { bootId, now, systemUpMs = 0 }: Beginning, mostMs: number): readonly TamperSign[] {
  const time = timeOf(now.wallMs)
  if (last.bootId === bootId) {
    const awayMs = now.awakeMs - last.seen.awakeMs
    if (awayMs <= mostMs) return []
    const cause = last.ended === undefined ? 'killed' : 'ended'
    return [{ kind: 'stopped', time, since: timeOf(last.seen.wallMs), durationMs: Math.round(awayMs), cause }]
  }
  if (systemUpMs <= Math.max(LATE_START_MS, mostMs)) return []
  return [{ kind: 'stopped', time, durationMs: Math.round(systemUpMs), cause: 'not-started' }]
}

function changedSettings({ settings: before }: Life, { settings, now }: Beginning): readonly TamperSign[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(settings)])].filter(
    (name) => before[name] !== settings[name],
  )
  return names.length === 0 ? [] : [{ kind: 'settings-changed', time: timeOf(now.wallMs), ...namesOf(names) }]
}

/** As many as evidence takes. */
export function namesOf(names: readonly string[]): Pick<TamperSign, 'names' | 'nameCount'> {
  const told = names.toSorted().slice(0, 16)
  return { names: told.map((name) => name.slice(0, 256)), nameCount: names.length }
}

/** A time of evidence. */
export function timeOf(wallMs: number): number {
  return Math.max(0, Math.trunc(wallMs))
}

/** The record is as old as its last write. The time of its file is set more often, by the wall clock alone. */
export function seenLater(life: Life, touchedMs: number): Life {
  const later = Math.max(0, Math.min(MAX_TOUCHED_MS, touchedMs - life.seen.wallMs))
  const { wallMs, bootMs, awakeMs } = life.seen
  return { ...life, seen: { wallMs: wallMs + later, bootMs: bootMs + later, awakeMs: awakeMs + later } }
}

/** Between two writes. */
const MAX_TOUCHED_MS = 90_000

/** What was seen at one turn of the watch. */
export interface Turn extends Moment {
  /** How many times the program received SIGCONT. */
  readonly resumes: number
  /** How long this thread waited for a processor since its start. Undefined where the system does not tell. */
  readonly waitedMs: number | undefined
  /** Processor time of this program since its start. */
  readonly workedMs: number
  /** How often the system announced the end of sleep. */
  readonly wakes: number
}

export const PAUSE_AFTER_MS = 30_000
/** Less than this is the precision of the clocks. */
const SLEEP_AFTER_MS = 5_000

/**
 * Pure. The watch meant to wait `plannedMs` between these turns. A wait that ended late although the device did not sleep is a pause.
 * Undefined for none, and for work of our own that took so long.
 */
export function pauseBetween(
  before: Turn,
  after: Turn,
  { plannedMs, pauseAfterMs = PAUSE_AFTER_MS }: { readonly plannedMs: number; readonly pauseAfterMs?: number },
): TamperSign | undefined {
  const awakeMs = after.awakeMs - before.awakeMs
  const lateMs = awakeMs - plannedMs
  if (lateMs < pauseAfterMs) return undefined
  const sleptMs = after.bootMs - before.bootMs - awakeMs
  if (sleptMs > SLEEP_AFTER_MS || after.wakes !== before.wakes) return undefined
  const half = lateMs / 2
  const sign = { time: timeOf(after.wallMs), since: timeOf(after.wallMs - lateMs), durationMs: Math.round(lateMs) }
  if (after.resumes !== before.resumes) return { kind: 'paused', ...sign, cause: 'signal' }
  if (after.workedMs - before.workedMs >= half) return undefined
  if ((after.waitedMs ?? 0) - (before.waitedMs ?? 0) >= half) return { kind: 'starved', ...sign }
  return { kind: 'paused', ...sign, cause: 'unknown' }
}
