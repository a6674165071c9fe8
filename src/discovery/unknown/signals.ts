import type { Signal } from '../../protocol/sighting.ts'
import { boundedText } from '../redaction/bounded-text.ts'

/**
 * One reason to take a program for an agent, by what it was learnt from. Two signals of one family are one witness who
 * speaks twice.
 */
export interface Reason {
  readonly name: SignalName
  readonly weight: number
  readonly detail: string
}

const FAMILY = {
  'tool-children': 'children',
  'paced-children': 'children',
  'child-markers': 'markers',
  'model-endpoint': 'model',
  'asks-between': 'model',
  'model-calls': 'model',
  'answered-commands': 'children',
  'shell-snapshots': 'children',
  'mcp-children': 'protocol',
  'autonomy-flag': 'program',
  'session-files': 'state',
  'loopback-service': 'service',
  'fetched-program': 'severity',
  'credential-files': 'severity',
} as const
export type SignalName = keyof typeof FAMILY

/** Without one of these nothing is an agent, whatever else speaks for it: agents run tools, mark what they run, or do what a model answered. */
const DECISIVE: readonly SignalName[] = ['tool-children', 'child-markers', 'answered-commands']
/** Servers for developers listen as agents do: that is told beside what others say, and makes nothing enough. */
const NO_WITNESS = 'loopback-service'
const ENOUGH = 60
const FAMILIES_NEEDED = 2
/** Less is told and counted, and makes no second family: a key that a whole shell exports is there beside whatever it starts. */
const WITNESS_WEIGHT = 10

export interface Verdict {
  readonly score: number
  readonly isAgent: boolean
  /** The heaviest first. */
  readonly signals: readonly Signal[]
}

/** Adds up; of several reasons of one name the heaviest counts. More reasons never make less of an agent. */
export function judge(reasons: readonly Reason[]): Verdict {
  const heaviest = heaviestOfEach(reasons)
  const witnesses = heaviest.filter(({ name }) => name !== NO_WITNESS)
  const families = new Set(witnesses.flatMap(({ name, weight }) => (weight < WITNESS_WEIGHT ? [] : [FAMILY[name]])))
  const decisive = heaviest.some(({ name }) => DECISIVE.includes(name))
  return {
    score: sumOf(heaviest),
    isAgent: sumOf(witnesses) >= ENOUGH && families.size >= FAMILIES_NEEDED && decisive,
    signals: heaviest.map(({ name, weight, detail }) => ({ name, weight, detail: boundedText(detail, 256) })),
  }
}

function sumOf(reasons: readonly Reason[]): number {
  return reasons.reduce((sum, { weight }) => sum + weight, 0)
}

/** The heaviest first. */
export function heaviestOfEach(reasons: readonly Reason[]): readonly Reason[] {
  const heaviest = new Map<SignalName, Reason>()
  for (const reason of reasons) {
    if (reason.weight > (heaviest.get(reason.name)?.weight ?? -1)) heaviest.set(reason.name, reason)
  }
  return [...heaviest.values()].sort((a, b) => b.weight - a.weight)
}
