import type { ResidentEntry } from '../catalogue/resident-facts.ts'
import { type HandOff, type HandOffLookup, reasonOf } from '../matching/hand-off.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import type { AgentGroup } from './agent-groups.ts'
import { isDetached, isReaper, type ProcessTree, settle } from './process-tree.ts'

/** What a file in a home says of a running process of an agent; whose file it is was checked. */
export interface PidFile {
  readonly catalogueId: string
  readonly userId: string
  readonly path: string
  readonly pid: number
  readonly startTicks: number
}

export interface LeftBehindInit {
  readonly tree: ProcessTree
  readonly records: readonly ProcessRecord[]
  readonly entries: readonly ResidentEntry[]
  readonly pidFiles: readonly PidFile[]
  readonly handOffs?: HandOffLookup<ProcessRecord> | undefined
}

/**
 * Gives to its agent what descent does not explain, because its parent had ended before the scan: a helper that
 * bears the mark of the entry, a process that a pid file names, a tool that carries the agent's variables; and jobs that it had
 * another program start.
 *
 * @returns the agents that are left: helpers without one are an agent of their own. A job of an agent that has ended stands for it.
 */
export function adoptLeftBehind(init: LeftBehindInit, groups: readonly AgentGroup[]): AgentGroup[] {
  const running = groups.filter(({ survivor }) => survivor === undefined)
  const left = adoptHelpers(init, running)
  const owned = new Map<ProcessRecord, AgentGroup>()
  for (const group of [...left, ...groups])
    for (const record of [...group.marked.keys(), ...group.others]) if (!owned.has(record)) owned.set(record, group)
  const survivors = groups.filter(({ survivor }) => survivor !== undefined)
  const all = adoptHandedOff(init, [...left, ...survivors], owned)
  const adopted = [...adoptByPidFile(init, left, owned), ...adoptByMarker(init, left, owned)]
  if (adopted.length > 0 || all.isChanged) addDescendants(init, owned)
  return all.groups
}

function adoptHandedOff(
  { tree, records, entries, handOffs }: LeftBehindInit,
  known: readonly AgentGroup[],
  owned: Owned,
): { readonly groups: AgentGroup[]; readonly isChanged: boolean } {
  const groups = [...known]
  let isChanged = false
  for (const record of handOffs === undefined ? [] : records) {
    const parent = owned.has(record) ? undefined : tree.parentOf(record)
    const handOff = parent && handOffs?.find(record, parent)
    if (handOff === undefined) continue
    const heir = groups.find((group) => isAskedBy(group, handOff)) ?? groupOfEnded(tree, entries, handOff, record)
    if (heir === undefined) continue
    if (!groups.includes(heir)) groups.push(heir)
    adopt(owned, heir, record, reasonOf(handOff))
    isChanged = true
  }
  return { groups, isChanged }
}

/** Jobs that outlived a boot are of one agent for each product and user. */
function isAskedBy({ entry, leader, marked, survivor }: AgentGroup, { agent, product, userId }: HandOff): boolean {
  if (agent === undefined) return survivor === leader.process && entry.id === product && survivor?.userId === userId
  return [leader.process, ...marked.keys()].some(
    ({ pid, startTicks }) => pid === agent.pid && startTicks === agent.startTicks,
  )
}

/** Undefined when the program that asked runs and is no agent. */
function groupOfEnded(
  tree: ProcessTree,
  entries: readonly ResidentEntry[],
  { agent, product, ...handOff }: HandOff,
  survivor: ProcessRecord,
): AgentGroup | undefined {
  const entry = entries.find(({ id }) => id === product)
  const isRunning = agent !== undefined && tree.running(agent.pid)?.startTicks === agent.startTicks
  if (entry === undefined || isRunning) return undefined
  const process = agent === undefined ? survivor : { ...survivor, ...agent }
  const evidence = reasonOf({ ...handOff, product })
  return {
    entry,
    leader: { entry, of: 'agent', needsSupport: false, process, evidence, args: [] },
    survivor,
    marked: new Map(),
    others: new Set(),
    startedBy: undefined,
    nested: new Set(),
    because: new Map(),
  }
}

/** Oldest first, so that the same agent is chosen at each look. */
function byAge(groups: readonly AgentGroup[]): AgentGroup[] {
  return [...groups].sort((a, b) => a.leader.process.startTicks - b.leader.process.startTicks)
}

function adoptHelpers({ tree, pidFiles }: LeftBehindInit, groups: readonly AgentGroup[]): AgentGroup[] {
  const left: AgentGroup[] = []
  const ledByHelper = (group: AgentGroup) => group.marked.get(group.leader.process)?.standing !== 'agent'
  const [agents, helpers] = [groups.filter((each) => !ledByHelper(each)), byAge(groups.filter(ledByHelper))]
  for (const group of helpers) {
    const { process } = group.leader
    const heir =
      group.startedBy === undefined && isReaper(tree.parentOf(process))
        ? byAge([...agents, ...left]).find(
            (each) => isOfSame(each, group.entry.id, process.userId) && !isBelow(each, group),
          )
        : undefined
    if (heir === undefined) left.push(group)
    else merge(heir, group, pidFiles)
  }
  return [...agents, ...left]
}

/** What a daemon itself has started does not keep it. */
function isBelow(group: AgentGroup, above: AgentGroup): boolean {
  const seen = new Set<AgentGroup>()
  for (let at = group.startedBy; at !== undefined && !seen.has(at); at = at.startedBy) {
    if (at === above) return true
    seen.add(at)
  }
  return false
}

function isOfSame(group: AgentGroup, catalogueId: string, userId: string): boolean {
  return group.entry.id === catalogueId && group.leader.process.userId === userId
}

function merge(heir: AgentGroup, group: AgentGroup, pidFiles: readonly PidFile[]): void {
  const { process } = group.leader
  const file = pidFiles.find((each) => isNamedBy(each, process) && each.catalogueId === group.entry.id)
  heir.because.set(process, file === undefined ? 'helper program of the same user' : `pid file ${file.path}`)
  for (const [record, mark] of group.marked) heir.marked.set(record, mark)
  for (const record of group.others) heir.others.add(record)
  for (const nested of group.nested) {
    nested.startedBy = heir
    heir.nested.add(nested)
  }
}

/** A pid is used again: without the time it was started at, a file says nothing. */
function isNamedBy({ pid, startTicks, userId }: PidFile, record: ProcessRecord): boolean {
  return record.pid === pid && record.userId === userId && record.startTicks === startTicks
}

type Owned = Map<ProcessRecord, AgentGroup>

function adoptByPidFile({ tree, pidFiles }: LeftBehindInit, groups: readonly AgentGroup[], owned: Owned) {
  return pidFiles.flatMap((file) => {
    const record = tree.running(file.pid)
    if (record === undefined || owned.has(record) || !isNamedBy(file, record)) return []
    const heir = byAge(groups).find((group) => isOfSame(group, file.catalogueId, file.userId))
    return heir === undefined ? [] : [adopt(owned, heir, record, `pid file ${file.path}`)]
  })
}

/** So many processes without a parent are asked for their variables. */
const MAX_ORPHANS = 1024

function adoptByMarker({ tree, records, entries }: LeftBehindInit, groups: readonly AgentGroup[], owned: Owned) {
  const userIds = new Set(groups.map(({ leader }) => leader.process.userId))
  const isOrphan = (record: ProcessRecord) =>
    userIds.has(record.userId) && isDetached(record) && !owned.has(record) && isReaper(firstRunning(tree, record))
  return records
    .filter(isOrphan)
    .slice(0, MAX_ORPHANS)
    .flatMap((record) => {
      const found = heirByMarker(groups, entries, record)
      return found === undefined ? [] : [adopt(owned, found.heir, record, `session marker ${found.name}`)]
    })
}

/** Who is above it now that those between have ended. */
function firstRunning(tree: ProcessTree, record: ProcessRecord): ProcessRecord | undefined {
  for (const above of tree.ancestors(record)) if (above.ended === undefined) return above
  return undefined
}

/**
 * The session that its variables name; where their values are not known, or the agent shows none to hold against them, the only
 * agent of that kind that the user runs. Of several none: a wrong one would be worse.
 */
function heirByMarker(groups: readonly AgentGroup[], entries: readonly ResidentEntry[], record: ProcessRecord) {
  const names = record.environmentNames ?? []
  for (const entry of entries) {
    const name = entry.environment?.find((fact) => names.includes(fact.name))?.name
    if (name === undefined) continue
    const ofEntry = groups.filter((group) => isOfSame(group, entry.id, record.userId))
    const bySession = ofEntry.find((group) => sharesSession(group, record))
    const [only, ...others] = ofEntry
    const couldBe = others.length === 0 && only !== undefined && !isOlder(record, only) && !isOfAnother(only, record)
    const heir = bySession ?? (couldBe ? only : undefined)
    if (heir !== undefined) return { heir, name }
  }
  return undefined
}

/** It was there before anything of the agent was. */
function isOlder({ startTicks }: ProcessRecord, { marked }: AgentGroup): boolean {
  return [...marked.keys()].every((each) => startTicks < each.startTicks)
}

/** The same value in one of its processes, or the pid of one (`OPENCODE_PID`). */
function sharesSession(group: AgentGroup, record: ProcessRecord): boolean {
  return Object.entries(record.sessionMarkers).some(([name, value]) =>
    isPid(name)
      ? !isOlder(record, group) && [...group.marked.keys()].some(({ pid }) => String(pid) === value)
      : [...group.others].some((each) => each.sessionMarkers[name] === value),
  )
}

/** Its variables name a pid that is none of the agent's, or a session where those of the agent's processes name others. */
function isOfAnother({ entry, marked, others }: AgentGroup, { sessionMarkers }: ProcessRecord): boolean {
  return Object.entries(sessionMarkers).some(([name, value]) => {
    if (isPid(name)) {
      const isOfEntry = entry.environment?.some((fact) => fact.name === name) === true
      return isOfEntry && ![...marked.keys()].some(({ pid }) => String(pid) === value)
    }
    const known = [...others].flatMap((each) => each.sessionMarkers[name] ?? [])
    return known.length > 0 && !known.includes(value)
  })
}

function isPid(name: string): boolean {
  return name.endsWith('_PID')
}

function adopt(owned: Owned, heir: AgentGroup, record: ProcessRecord, because: string): ProcessRecord {
  owned.set(record, heir)
  heir.others.add(record)
  heir.because.set(record, because)
  return record
}

/** But for who sits at a terminal: a person may have opened a shell in what an agent started long ago. */
function addDescendants({ tree, records }: LeftBehindInit, owned: Owned): void {
  const places = new Map<ProcessRecord, AgentGroup | undefined>(owned)
  for (const record of records) {
    if (owned.has(record)) continue
    const group = settle(tree, places, record, (each, above) => (each.ttyNumber === 0 ? above : undefined))
    if (group === undefined) continue
    owned.set(record, group)
    group.others.add(record)
  }
}
