import type { ResidentEntry } from '../catalogue/resident-facts.ts'
import { baseName } from '../matching/agent-index.ts'
import type { ProcessMatch } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { isHelper, isSessionProgram } from './helper-programs.ts'
import { type ProcessTree, settle } from './process-tree.ts'

/**
 * What a process that bears the mark of an agent is in its group: the program itself, what it keeps beside it, or what it
 * shuts its tools into.
 */
export type Standing = 'agent' | 'helper' | 'sandbox'

/** All processes of one agent. */
export interface AgentGroup {
  readonly entry: ResidentEntry
  /** The first of it that runs; one that has ended while the group is made, and where only what it started is left. */
  leader: ProcessMatch
  /** Of an agent that has ended, the first of what it left running: these are its `others`. */
  survivor?: ProcessRecord
  /** That bear its mark and run, the leader too. */
  readonly marked: Map<ProcessRecord, { readonly match: ProcessMatch; readonly standing: Standing }>
  /** That it started, and what these started. */
  readonly others: Set<ProcessRecord>
  /** The agent that started this one. */
  startedBy: AgentGroup | undefined
  /** Leaders of agents that this one started. */
  readonly nested: Set<AgentGroup>
  /** Why a process belongs, where that is not by descent. */
  readonly because: Map<ProcessRecord, string>
}

export interface GroupingInit {
  readonly tree: ProcessTree
  readonly records: readonly ProcessRecord[]
  /** Does it bear the mark of an agent? Asked for ancestors that have ended, too. */
  matchOf(record: ProcessRecord): ProcessMatch | undefined
}

/** Where a process belongs by descent. */
interface Place {
  readonly group: AgentGroup
  /** The nearest process of the group, upwards or itself, that bears its mark. */
  readonly anchor: ProcessRecord
  readonly anchorStanding: Standing
}

/** The agents that run, each with all that descends from it. One that has ended is reported as what it left running. */
export function groupByDescent(init: GroupingInit): AgentGroup[] {
  const { tree, records, matchOf } = init
  const places = new Map<ProcessRecord, Place | undefined>()
  const groups = new Set<AgentGroup>()
  const decide = (record: ProcessRecord, above: Place | undefined): Place | undefined => {
    const match = matchOf(record)
    if (match === undefined) return above
    const joined = above === undefined ? undefined : standingIn(above, match, record)
    const group = joined === undefined || above === undefined ? newGroup(match, above?.group) : above.group
    const standing = joined ?? (isHelper(match) ? 'helper' : 'agent')
    groups.add(group)
    if (record.ended === undefined) group.marked.set(record, { match, standing })
    return { group, anchor: record, anchorStanding: standing }
  }
  for (const record of records) {
    const place = settle(tree, places, record, decide)
    if (place !== undefined && !place.group.marked.has(record)) place.group.others.add(record)
  }
  return settleLeaders(init, groups)
}

function newGroup(leader: ProcessMatch, startedBy: AgentGroup | undefined): AgentGroup {
  return {
    entry: leader.entry,
    leader,
    marked: new Map(),
    others: new Set(),
    startedBy,
    nested: new Set(),
    because: new Map(),
  }
}

/**
 * What a process of the same agent is below another of it; undefined for an agent of its own. Of the same session it is
 * the program itself (a wrapper, a relaunch); under another name (`codex-linux-sandbox`) or by its arguments
 * (`--managed-daemon`) what the agent keeps beside it, wherever it is.
 */
function standingIn(above: Place, match: ProcessMatch, record: ProcessRecord): Standing | undefined {
  const { group, anchor, anchorStanding } = above
  if (group.entry !== match.entry) return undefined
  if (isCalledOtherwise(record)) return 'sandbox'
  if (isHelper(match)) return 'helper'
  return record.sessionId === anchor.sessionId && anchorStanding !== 'sandbox' ? anchorStanding : undefined
}

/** The same program under a name of its own: `codex-linux-sandbox` is the file `codex`. */
function isCalledOtherwise({ executable, argv }: ProcessRecord): boolean {
  const file = baseName(executable ?? '').replace(/\.exe$/, '')
  return file !== '' && baseName(argv[0] ?? '').startsWith(`${file}-`)
}

/**
 * A group needs a leader that runs. What is left of an agent without one belongs to the agent that started it. If there is none,
 * what it left running is reported as the ended agent.
 */
function settleLeaders(init: GroupingInit, groups: ReadonlySet<AgentGroup>): AgentGroup[] {
  const running: AgentGroup[] = []
  for (const group of groups) {
    const leader = leaderOf(group)
    if (leader === undefined) continue
    group.leader = leader
    running.push(group)
  }
  const heirOf = (group: AgentGroup | undefined) => {
    let heir = group
    while (heir !== undefined && heir.marked.size === 0) heir = heir.startedBy
    return heir
  }
  for (const group of groups) {
    group.startedBy = heirOf(group.startedBy)
    if (group.marked.size > 0) group.startedBy?.nested.add(group)
    else if (group.startedBy !== undefined) for (const record of group.others) group.startedBy.others.add(record)
    else if (outlived(init, group)) running.push(group)
  }
  return running
}

function outlived({ tree, matchOf }: GroupingInit, group: AgentGroup): boolean {
  for (const record of group.others)
    if (!isLeftBehind(tree, record, (each) => matchOf(each)?.entry === group.entry)) group.others.delete(record)
  const [survivor] = [...group.others].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  if (survivor !== undefined) group.survivor = survivor
  return survivor !== undefined
}

/**
 * Did the agent leave it running, in whatever session? Not what serves the person as well: a program of the session such as
 * `gpg-agent` or an editor, which a tool happened to start, or what sits at a terminal that was not the agent's, as in a `tmux` it started.
 */
function isLeftBehind(tree: ProcessTree, record: ProcessRecord, isAgent: (record: ProcessRecord) => boolean): boolean {
  const line: ProcessRecord[] = [record]
  for (const above of tree.ancestors(record)) {
    if (isAgent(above)) return line.every((each) => isOwn(each, above))
    line.push(above)
  }
  return false
}

function isOwn(record: ProcessRecord, agent: ProcessRecord): boolean {
  return (record.ttyNumber === 0 || record.sessionId === agent.sessionId) && !isSessionProgram(record)
}

const RANK: Readonly<Record<Standing, number>> = { agent: 0, helper: 1, sandbox: 2 }

function leaderOf(group: AgentGroup): ProcessMatch | undefined {
  if (group.marked.has(group.leader.process)) return group.leader
  const [first] = [...group.marked.values()].sort(
    (a, b) => RANK[a.standing] - RANK[b.standing] || a.match.process.startTicks - b.match.process.startTicks,
  )
  return first?.match
}
