import type { ProcessRecord } from '../matching/process-record.ts'
import { toldVariable } from '../redaction/redact-name.ts'
import { isShell } from '../running/helper-programs.ts'
import type { FamilyTree } from './family-tree.ts'
import { isPlainVariable } from './known-runners.ts'
import { type ProgramName, sameProgram } from './program-name.ts'

/** A variable that a program sets for its children, with its weight as a signal. */
export interface Marker {
  readonly name: string
  readonly weight: number
}

/** Agreed by makers of agents, so that tools can see that an agent runs them. */
const AGREED: ReadonlyMap<string, number> = new Map([
  ['AI_AGENT', 40],
  ['AGENT', 30],
])
/** Names of variables that hold the id of a conversation. */
const CONVERSATION = /_(SESSION|THREAD|CONVERSATION|CHAT|TRAJECTORY|TURN)_?ID$/
/** Names of variables that say that an agent runs the child. */
const BY_AGENT = /(^|_)(CODING_)?AGENT(_|$)/
const CONVERSATION_WEIGHT = 30
/** A variable of a catalogue agent: renamed, run by another runtime, or a fork of it. */
const OF_KNOWN_WEIGHT = 30
const BY_AGENT_WEIGHT = 30
/** Other programs also set variables with their own name. */
const OWN_NAME_WEIGHT = 20
/** Few programs set a variable for their own shell. */
const OWN_SHELL = /_(SHELL|TERMINAL)$/
const OWN_SHELL_WEIGHT = 30
const MAX_MARKERS = 8

export function isAgreed(name: string): boolean {
  return name === 'AI_AGENT'
}

/**
 * Variables of `child` that look like an agent's, strongest first. Variables that `parent` was started with are left
 * out: they say nothing about the parent.
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
  // Thousands of names are tested, so a cheap test comes before each expression.
  if (name.endsWith('ID') && CONVERSATION.test(name)) return CONVERSATION_WEIGHT
  if (name.includes('AGENT') && BY_AGENT.test(name)) return BY_AGENT_WEIGHT
  if (!own.has(name) && !own.has(name.split('_', 1)[0] ?? '')) return 0
  return OWN_SHELL.test(name) ? OWN_SHELL_WEIGHT : OWN_NAME_WEIGHT
}

/** Prefixes of variables for a program name: QWEN, QWENCODE, QWEN_CODE for `@qwen-code/qwen-code`. */
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

/**
 * Where a variable of a program comes from. `own`: given to it alone. `shared`: also in its parent or siblings.
 * `unclear`: a shell started it, and what a shell exports from its startup files is not in its own variables.
 */
export type Given = 'own' | 'shared' | 'unclear'

/** Siblings that are compared. */
const MAX_OTHERS = 64

/**
 * @param origin the first process of the program.
 * @param parentNames variables of the parent; undefined if not known.
 */
export function givenVariables(
  origin: ProcessRecord,
  tree: FamilyTree,
  parentNames: readonly string[] | undefined,
): (name: string) => Given {
  const parent = tree.parentOf(origin)
  return (name) => {
    if (parent === undefined || parentNames === undefined || parentNames.includes(name)) return 'shared'
    const others = tree.childrenOf(parent).slice(0, MAX_OTHERS)
    const isShared = others.some(
      (each) =>
        each.userId === origin.userId && each.environmentNames?.includes(name) === true && !sameProgram(each, origin),
    )
    if (isShared) return 'shared'
    return isShell(parent.executable) ? 'unclear' : 'own'
  }
}
