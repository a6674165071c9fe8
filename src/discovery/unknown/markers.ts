import { toldVariable } from '../redaction/redact-name.ts'
import { isPlainVariable } from './known-runners.ts'
import type { ProgramName } from './program-name.ts'

/** A variable that a program adds for what it starts, and how much it says. */
export interface Marker {
  readonly name: string
  readonly weight: number
}

/** Agreed upon by makers of agents, for tools to see that an agent runs them. */
const AGREED: ReadonlyMap<string, number> = new Map([
  ['AI_AGENT', 40],
  ['AGENT', 30],
])
/** Names the talk that its tools belong to. */
const TALK = /_(SESSION|THREAD|CONVERSATION|CHAT|TRAJECTORY|TURN)_?ID$/
/** Says that what reads it was run by an agent. */
const BY_AGENT = /(^|_)(CODING_)?AGENT(_|$)/
const TALK_WEIGHT = 30
/** Of an agent of the catalogue: under another name, run by another runtime, or made from it. */
const OF_KNOWN_WEIGHT = 30
const BY_AGENT_WEIGHT = 30
/** Other programs, too, tell their children who they are. */
const OWN_NAME_WEIGHT = 20
/** Few have a shell of their own, and say so to what runs in it. */
const OWN_SHELL = /_(SHELL|TERMINAL)$/
const OWN_SHELL_WEIGHT = 30
const MAX_MARKERS = 8

export function isAgreed(name: string): boolean {
  return name === 'AI_AGENT'
}

/**
 * The variables of `child` that `parent` was not started with and that look like an agent's, strongest first. What
 * the parent itself was given says nothing of the parent.
 */
export function markersBetween(
  parent: readonly string[],
  child: readonly string[],
  program: ProgramName,
  ofKnown: Pick<ReadonlySet<string>, 'has'>,
): readonly Marker[] {
  const given = new Set(parent)
  const own = ownWords(program)
  return child
    .flatMap((name): Marker[] => {
      if (given.has(name)) return []
      const weight = ofKnown.has(name) ? OF_KNOWN_WEIGHT : weightOf(name, own)
      return weight === 0 ? [] : [{ name: toldVariable(name), weight }]
    })
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MAX_MARKERS)
}

function weightOf(name: string, own: ReadonlySet<string>): number {
  const agreed = AGREED.get(name)
  if (agreed !== undefined) return agreed
  if (isPlainVariable(name)) return 0
  // Thousands of names are looked at, and an expression costs far more than the look before it.
  if (name.endsWith('ID') && TALK.test(name)) return TALK_WEIGHT
  if (name.includes('AGENT') && BY_AGENT.test(name)) return BY_AGENT_WEIGHT
  if (!own.has(name) && !own.has(name.split('_', 1)[0] ?? '')) return 0
  return OWN_SHELL.test(name) ? OWN_SHELL_WEIGHT : OWN_NAME_WEIGHT
}

/** `@qwen-code/qwen-code` as the beginnings of variables: QWEN, QWENCODE, QWEN_CODE. */
function ownWords({ name }: ProgramName): ReadonlySet<string> {
  const words = new Set<string>()
  for (const part of name.replace(/^@/, '').split('/')) {
    const pieces = part
      .toUpperCase()
      .split(/[^A-Z0-9]+/)
      .filter((piece) => piece.length > 2)
    const [first] = pieces
    if (first === undefined) continue
    for (const word of [first, pieces.join(''), pieces.join('_')]) words.add(word)
  }
  return words
}
