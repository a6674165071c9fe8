import type { Check } from '../../../checks/checks.ts'
import type { Finding } from '../../../protocol/finding.ts'
import type { Sighting } from '../../../protocol/sighting.ts'
import { type Draw, drawOf } from './draw.ts'
import { type Machine, machineOf } from './hardware.ts'
import type { MadeUpPerson } from './people.ts'
import { CHECKS_THAT_CHANGE, findingsOf } from './posture.ts'
import { AWKWARD_AGENTS, PRODUCTS } from './products.ts'
import { agentOn, type Place, serverOn, sightingsOn, unknownAgentOn } from './sightings.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** How far back the history goes. */
export const HISTORY_MS = 30 * DAY_MS

/** What became of a device: `awake` is connected, `asleep` was closed within the last two days, `lost` is silent for longer. */
export type Fate = 'awake' | 'asleep' | 'lost' | 'retired'

/** What a device reports at one time. */
export interface Report {
  readonly at: number
  readonly findings?: readonly Finding[]
  /** The first report has everything, a later one what is new. */
  readonly sightings?: readonly Sighting[]
}

export interface MadeUpDevice {
  readonly at: number
  readonly owner: MadeUpPerson
  readonly machine: Machine
  readonly place: Place
  readonly fate: Fate
  readonly enrolledAt: number
  /** When it was heard last. */
  readonly heardAt: number
  /** In the order of their times. The first is of its enrolment. */
  readonly reports: readonly Report[]
}

/** A small demonstration has these only: they are awake, came early, and run an agent each. */
const FIRST = 3

/** What the first device runs since today, so that the inbox of the smallest company has something. */
const NEW_AGENT = 'deskbot'

const FATES = [
  { weight: 90, fate: 'awake' },
  { weight: 7.2, fate: 'asleep' },
  { weight: 2.3, fate: 'lost' },
  { weight: 0.5, fate: 'retired' },
] as const

export interface DevicesInit {
  readonly seed: number
  readonly now: number
  readonly people: readonly MadeUpPerson[]
}

/** @param at place of the device. It is the same whatever the number of devices. */
export function madeUpDevice({ seed, now, people }: DevicesInit, at: number): MadeUpDevice {
  const draw = drawOf(seed, 'device', at)
  const owner = people[at % people.length]
  if (owner === undefined) throw new RangeError('a device without people')
  const fate = at < FIRST ? 'awake' : draw.weighted(FATES).fate
  const machine = machineOf(draw, { userName: owner.userName, at })
  const heardAt = now - silenceOf(draw, fate)
  const enrolledAt = enrolmentOf(draw, { now, heardAt, isFirst: at < FIRST })
  const user = {
    id: machine.label.platform === 'windows' ? 'S-1-5-21-1004336348-1177238915-682003330-1001' : '1000',
    name: owner.userName.replace('.', ''),
  }
  const place = { draw, user, home: `${machine.homes}/${user.name}`, at: heardAt }
  const uses = at < FIRST || draw.chance(owner.department.developers * 0.72)
  const first = {
    at: enrolledAt,
    findings: findings(seed, at, machine),
    sightings: firstSightings(place, { uses, at }),
  }
  const later = laterReports({ seed, at, draw, machine, place, uses, enrolledAt, heardAt })
  const last = at === 0 ? [{ at: heardAt - 5 * HOUR_MS, sightings: [unknownAgentOn(place, NEW_AGENT)] }] : []
  const reports = [first, ...[...later, ...last].toSorted((one, other) => one.at - other.at)]
  return { at, owner, machine, place, fate, enrolledAt, heardAt, reports }
}

function silenceOf(draw: Draw, fate: Fate): number {
  const longest = { awake: 55 * MINUTE_MS, asleep: 2 * DAY_MS, lost: 20 * DAY_MS, retired: 6 * DAY_MS }[fate]
  const shortest = { awake: MINUTE_MS, asleep: 4 * HOUR_MS, lost: 8 * DAY_MS, retired: 2 * DAY_MS }[fate]
  return draw.between(shortest, longest)
}

/** Most came in the first week, the others since. */
function enrolmentOf(
  draw: Draw,
  { now, heardAt, isFirst }: { now: number; heardAt: number; isFirst: boolean },
): number {
  const start = now - HISTORY_MS + 2 * HOUR_MS
  if (isFirst) return start + draw.between(0, DAY_MS)
  const inFirstWeek = start + draw.between(0, 7 * DAY_MS)
  const since = start + draw.between(7 * DAY_MS, HISTORY_MS - 4 * HOUR_MS)
  return Math.min(draw.chance(0.86) ? inFirstWeek : since, heardAt - HOUR_MS)
}

function findings(
  seed: number,
  at: number,
  { label, inventory }: Machine,
  changed: { failing?: readonly Check[]; passing?: readonly Check[] } = {},
) {
  const isOld = inventory.osVersion === '22H2' || inventory.osVersion === '20.04'
  return findingsOf(drawOf(seed, 'posture', at), { platform: label.platform, isOld, ...changed })
}

/** The first devices show something whatever the chance. */
function firstSightings(place: Place, { uses, at }: { uses: boolean; at: number }): readonly Sighting[] {
  const found = sightingsOn(place, { uses })
  if (at < FIRST) {
    const shown = PRODUCTS[at]
    if (shown === undefined) return found
    const others = found.filter((one) => !(one.kind === 'agent' && one.catalogueId === shown.id))
    return [...others, agentOn(place, shown, { runs: true, isAutonomous: at === 2 }), serverOn(place, shown)]
  }
  const awkward = at % 60 === 0 ? AWKWARD_AGENTS[at / 60 - 1] : undefined
  return awkward === undefined ? found : [...found, unknownAgentOn(place, awkward)]
}

interface LaterInit {
  readonly seed: number
  readonly at: number
  readonly draw: Draw
  readonly machine: Machine
  readonly place: Place
  readonly uses: boolean
  readonly enrolledAt: number
  readonly heardAt: number
}

/** One device in three has news after its first report: a check that fails for a time, or something new. */
function laterReports({ seed, at, draw, machine, place, uses, enrolledAt, heardAt }: LaterInit): readonly Report[] {
  const room = heardAt - enrolledAt
  if (room < DAY_MS) return []
  const reports: Report[] = []
  if (draw.chance(0.18)) {
    const check = draw.pick(CHECKS_THAT_CHANGE)
    const from = enrolledAt + draw.between(HOUR_MS, room - 2 * HOUR_MS)
    const isFixed = draw.chance(0.75)
    reports.push({ at: from, findings: findings(seed, at, machine, { failing: [check] }) })
    if (isFixed)
      reports.push({ at: from + draw.between(HOUR_MS, heardAt - from), findings: findings(seed, at, machine) })
  }
  if (uses && draw.chance(0.22)) {
    const product = draw.weighted(PRODUCTS)
    const then = enrolledAt + draw.between(DAY_MS / 2, room)
    const news = draw.chance(0.7) ? agentOn(place, product) : serverOn(place, product)
    reports.push({ at: then, sightings: [news] })
  }
  return reports
}
