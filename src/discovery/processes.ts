import type { AgentSighting, User } from '../protocol/sighting.ts'
import type { ProcessEntry, ProcessTable } from '../system/process-table.ts'
import { type AgentIndex, baseName } from './agent-index.ts'
import { boundedText } from './bounded-text.ts'
import { matchProcess, type ProcessMatch } from './process-match.ts'
import { recognisedFlags } from './recognised-flags.ts'
import { sightingId } from './sighting-id.ts'

export interface RunningAgentsInit {
  readonly index: AgentIndex
  readonly bootId: string
  /** Folders that `~` may stand for. */
  readonly homes: readonly string[]
  userOf(uid: number): User
  /** Is this entry installed for that user, or for all? Supports evidence that would be too weak alone. */
  installed(entryId: string, uid: number): boolean
  /** The version of the installation that holds this file. */
  versionAt(entryId: string, path: string): string | undefined
}

/** The children whose environment is read for one candidate. */
const MAX_CHILDREN_READ = 16
const MAX_EVIDENCE = 16

/**
 * The agents among `processes`. Processes of one agent in one session are one sighting, that of the first of them; what
 * an agent has detached into a session of its own outlives it and is a sighting too.
 */
export async function findRunningAgents(
  components: { readonly processes: Pick<ProcessTable, 'environmentNames'> },
  init: RunningAgentsInit,
  processes: readonly ProcessEntry[],
): Promise<AgentSighting[]> {
  const tree = treeOf(processes)
  const matches = new Map<number, ProcessMatch>()
  for (const process of processes) {
    const match = matchProcess(init.index, process, init.homes)
    if (match !== undefined) matches.set(process.pid, match)
  }
  for (const match of matches.values()) {
    if (match.needsSupport && !(await hasSupport(components, init, tree, matches, match)))
      matches.delete(match.process.pid)
  }
  const groups = groupByLeader(matches)
  return await Promise.all(
    [...groups.values()].map(async (group) => sightingOf(init, group, await markerEvidence(components, tree, group))),
  )
}

interface ProcessTree {
  readonly childrenOf: ReadonlyMap<number, readonly ProcessEntry[]>
}

function treeOf(processes: readonly ProcessEntry[]): ProcessTree {
  const childrenOf = new Map<number, ProcessEntry[]>()
  for (const process of processes) {
    const siblings = childrenOf.get(process.parentPid)
    if (siblings === undefined) childrenOf.set(process.parentPid, [process])
    else siblings.push(process)
  }
  return { childrenOf }
}

/** Each group begins with its leader. */
function groupByLeader(matches: ReadonlyMap<number, ProcessMatch>): Map<number, ProcessMatch[]> {
  const groups = new Map<number, ProcessMatch[]>()
  const ordered = [...matches.values()].sort((a, b) => a.process.startTicks - b.process.startTicks)
  for (const match of ordered) {
    const leader = leaderOf(matches, match)
    const group = groups.get(leader.process.pid) ?? []
    if (match === leader) group.unshift(match)
    else group.push(match)
    groups.set(leader.process.pid, group)
  }
  return groups
}

function leaderOf(matches: ReadonlyMap<number, ProcessMatch>, match: ProcessMatch): ProcessMatch {
  let leader = match
  // A scan is no snapshot: parents could form a circle when a pid was reused.
  const seen = new Set<number>()
  while (!seen.has(leader.process.pid)) {
    seen.add(leader.process.pid)
    const parent = matches.get(leader.process.parentPid)
    if (parent === undefined || parent.entry !== leader.entry || !isPartOf(leader.process, parent.process)) break
    leader = parent
  }
  return leader
}

/** Of the same session; or the same program under another name (`codex-linux-sandbox`), which is a helper wherever it is. */
function isPartOf(process: ProcessEntry, parent: ProcessEntry): boolean {
  if (process.sessionId === parent.sessionId) return true
  const calledAs = baseName(process.argv[0] ?? '')
  const usualNames = ['', baseName(parent.argv[0] ?? ''), baseName(process.executable ?? '')]
  return process.executable === parent.executable && !usualNames.includes(calledAs)
}

async function hasSupport(
  components: { readonly processes: Pick<ProcessTable, 'environmentNames'> },
  init: RunningAgentsInit,
  tree: ProcessTree,
  matches: ReadonlyMap<number, ProcessMatch>,
  match: ProcessMatch,
): Promise<boolean> {
  if (init.installed(match.entry.id, match.process.uid)) return true
  const children = tree.childrenOf.get(match.process.pid) ?? []
  if (
    children.map(({ pid }) => matches.get(pid)).some((child) => child?.entry === match.entry && !child.needsSupport)
  ) {
    return true
  }
  return (await markersOf(components, tree, match)).length > 0
}

/** Names of the entry's variables that the process or its children carry. Values are never asked for. */
async function markersOf(
  components: { readonly processes: Pick<ProcessTable, 'environmentNames'> },
  tree: ProcessTree,
  match: ProcessMatch,
): Promise<string[]> {
  const wanted = (match.entry.environment ?? []).map(({ name }) => name)
  if (wanted.length === 0) return []
  const children = (tree.childrenOf.get(match.process.pid) ?? []).slice(0, MAX_CHILDREN_READ)
  const found = new Set<string>()
  for (const { pid } of [match.process, ...children]) {
    const names = await components.processes.environmentNames(pid)
    for (const name of wanted) if (names?.includes(name) === true) found.add(name)
  }
  return [...found]
}

async function markerEvidence(
  components: { readonly processes: Pick<ProcessTable, 'environmentNames'> },
  tree: ProcessTree,
  group: readonly ProcessMatch[],
): Promise<string[]> {
  const names = await Promise.all(group.slice(0, MAX_CHILDREN_READ).map((match) => markersOf(components, tree, match)))
  return [...new Set(names.flat())].map((name) => `environment marker ${name}`)
}

function sightingOf(
  init: RunningAgentsInit,
  group: readonly ProcessMatch[],
  markers: readonly string[],
): AgentSighting {
  const [leader] = group
  if (leader === undefined) throw new TypeError('a group has a leader')
  const { process, entry } = leader
  const flags = [...new Set(group.flatMap((match) => recognisedFlags(entry, match.args)))].slice(0, 32)
  const version = group.map((match) => versionOf(init, match)).find((found) => found !== undefined)
  const daemon =
    process.sessionId === process.pid && process.ttyNumber === 0 ? ['a session of its own, no terminal'] : []
  const evidence = [...new Set(group.map((match) => match.evidence)), ...markers, ...daemon]
  return {
    kind: 'agent',
    id: sightingId('agent-process', init.bootId, process.pid, process.startTicks),
    name: entry.name,
    catalogueId: entry.id,
    vendor: entry.vendor,
    ...(version === undefined ? {} : { version }),
    user: init.userOf(process.uid),
    evidence: evidence.slice(0, MAX_EVIDENCE),
    state: 'running',
    agentKind: entry.kind,
    process: {
      pid: process.pid,
      startTicks: process.startTicks,
      bootId: init.bootId,
      parentPid: process.parentPid,
      executable: (process.executable ?? '').slice(0, 4096),
    },
    flags,
  }
}

/**
 * The version where the path of the executable says it (`…/versions/2.1.3`, `…/releases/0.169.0-x86_64-…/bin/codex`), or
 * the installation that it belongs to.
 */
function versionOf(init: RunningAgentsInit, { process, entry }: ProcessMatch): string | undefined {
  const executable = process.executable ?? ''
  for (const { path } of entry.versionFolders ?? []) {
    for (const folder of path.startsWith('~/') ? init.homes.map((home) => home + path.slice(1)) : [path]) {
      if (!executable.startsWith(`${folder}/`)) continue
      return boundedText(executable.slice(folder.length + 1).split('/', 1)[0] ?? '', 64)
    }
  }
  return init.versionAt(entry.id, executable)
}
