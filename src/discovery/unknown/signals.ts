import type { Signal } from '../../protocol/sighting.ts'
import { boundedText } from '../redaction/bounded-text.ts'

/** One reason to take a program for an agent. Signals of one family are not independent and count as one. */
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

/** An agent needs at least one of these: agents run tools, mark their children, or run what a model answered. */
const DECISIVE: readonly SignalName[] = ['tool-children', 'child-markers', 'answered-commands']
/** Reported, but not counted towards the threshold: development servers listen as agents do. */
const NO_WITNESS = 'loopback-service'
const ENOUGH = 60
const FAMILIES_NEEDED = 2
/** Lower weights count in the score but not as a family: a key that a shell exports is in all of its children. */
const WITNESS_WEIGHT = 10

export interface Verdict {
  readonly score: number
  readonly isAgent: boolean
  /** Heaviest first. */
  readonly signals: readonly Signal[]
}

/** Adds up the heaviest reason of each name. More reasons never lower the score. */
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

/** The heaviest reason of each name, heaviest first. */
export function heaviestOfEach(reasons: readonly Reason[]): readonly Reason[] {
  const heaviest = new Map<SignalName, Reason>()
  for (const reason of reasons) {
    if (reason.weight > (heaviest.get(reason.name)?.weight ?? -1)) heaviest.set(reason.name, reason)
  }
  return [...heaviest.values()].sort((a, b) => b.weight - a.weight)
}
