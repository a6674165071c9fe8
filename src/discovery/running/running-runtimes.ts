import type { ModelRuntimeSighting, User } from '../../protocol/sighting.ts'
import type { ProcessDetails } from '../../system/processes/process-details.ts'
import { endOf } from '../catalogue/reported-kind.ts'
import type { ProgramIndex } from '../matching/agent-index.ts'
import type { ServingModels } from '../matching/model-ports.ts'
import { type ProcessMatch, programFilesOf } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { type ModelAt, modelsAmong, modelsIn } from '../runtimes/model-names.ts'
import type { SeenListeners } from '../runtimes/seen-listeners.ts'
import { MAX_MODELS } from '../runtimes/stored-models.ts'
import type { MatchMemory } from './agent-marks.ts'
import { containerOf } from './container.ts'
import { ProcessTree, settle } from './process-tree.ts'

export interface RunningRuntimesComponents {
  /** Absent where the system does not tell. */
  readonly details?:
    | Pick<ProcessDetails, 'standing' | 'sockets' | 'openFiles' | 'ownPidNamespace' | 'insideWsl'>
    | undefined
  readonly listeners: SeenListeners
  readonly matches: MatchMemory
}

export interface RunningRuntimesInit {
  readonly index: ProgramIndex
  readonly bootId: string
  /** Folders that `~` may stand for. */
  readonly homes: readonly string[]
  readonly nowMs: number
  userOf(userId: string): User
  /** Is this entry installed for that user, or for all? Supports evidence that would be too weak alone. */
  installed(entryId: string, userId: string): boolean
  /** The version of the installation that holds this file. */
  versionAt(entryId: string, path: string): string | undefined
  /** What the file of weights at this path is. */
  readonly modelAt: ModelAt
}

export interface RunningRuntimes {
  readonly sightings: readonly ModelRuntimeSighting[]
  /** The same, as who asks for ports wants them. */
  readonly serving: readonly ServingModels[]
}

/** The processes of one model server: the first of it, and what of it that one started. */
interface Group {
  readonly id: string
  readonly leader: ProcessMatch
  readonly members: ProcessMatch[]
}

const MAX_EVIDENCE = 16
const MAX_LISTENS = 16
/** So many processes of one are asked for their sockets. */
const MAX_ASKED = 4
const NONE: RunningRuntimes = { sightings: [], serving: [] }

/** What serves models among `records`: where it listens, and which models its command line names. */
export function findRunningRuntimes(
  components: RunningRuntimesComponents,
  init: RunningRuntimesInit,
  records: readonly ProcessRecord[],
): RunningRuntimes {
  const { matches, listeners } = components
  const { index, homes } = init
  const found = records.flatMap((record) => {
    const match = matches.matchOf(record, index, homes)
    return match?.of === 'runtime' && serves(match) ? [match] : []
  })
  const groups = found.length === 0 ? [] : groupsOf(init, records, found)
  listeners.keepOnly(new Set(groups.map(({ id }) => id)))
  if (groups.length === 0) return NONE
  look(components, init, groups)
  const supported = groups.filter((group) => hasSupport(components, init, group))
  return {
    sightings: supported.map((group) => sightingOf(components, init, group)),
    serving: supported.map(({ id, leader: { entry } }) => ({
      entry,
      ports: listeners.of(id).map(({ port }) => port),
    })),
  }
}

/** Programs that serve only when told to (`ollama serve`) are clients of themselves otherwise. */
function serves({ entry, args }: ProcessMatch): boolean {
  const words = (entry.flags ?? []).filter(({ flag, meaning }) => meaning === 'server' && !flag.startsWith('-'))
  return words.length === 0 || words.some(({ flag }) => flag === args[0])
}

function groupsOf({ bootId }: RunningRuntimesInit, records: readonly ProcessRecord[], found: readonly ProcessMatch[]) {
  const tree = new ProcessTree(records)
  const byRecord = new Map(found.map((match) => [match.process, match]))
  const groups = new Map<ProcessMatch, Group>()
  const leaders = new Map<ProcessRecord, ProcessMatch | undefined>()
  const decide = (record: ProcessRecord, above: ProcessMatch | undefined) => {
    const match = byRecord.get(record)
    return match === undefined || match.entry === above?.entry ? above : match
  }
  for (const match of found) {
    const leader = settle(tree, leaders, match.process, decide) ?? match
    const group = groups.get(leader)
    const { pid, startTicks } = leader.process
    if (group !== undefined) group.members.push(match)
    else
      groups.set(leader, { id: sightingId('model-runtime-process', bootId, pid, startTicks), leader, members: [match] })
  }
  return [...groups.values()]
}

function look(
  { details, listeners }: RunningRuntimesComponents,
  { nowMs, modelAt }: RunningRuntimesInit,
  groups: readonly Group[],
): void {
  const due = groups.filter(({ id }) => listeners.isDue(id, nowMs))
  if (details === undefined || due.length === 0) return
  const asked = new Map(due.map((group) => [group, processesOf(group).slice(0, MAX_ASKED)]))
  const all = [...asked.values()].flat()
  const sockets = details.sockets(all)
  const openFiles = details.openFiles(all)
  for (const [{ id }, processes] of asked) {
    const listening = processes.flatMap(({ pid }) => sockets.get(pid)?.listening ?? [])
    const models = modelsAmong(
      processes.flatMap(({ pid }) => openFiles.get(pid) ?? []),
      modelAt,
    )
    listeners.note(id, { listening, models }, nowMs)
  }
}

function processesOf({ leader, members }: Group): ProcessRecord[] {
  return [...new Set([leader, ...members].map(({ process }) => process))]
}

/** Another program may bear the name: it is installed here, or listens where this one does. */
function hasSupport({ listeners }: RunningRuntimesComponents, init: RunningRuntimesInit, group: Group): boolean {
  const { id, leader, members } = group
  if (members.some(({ needsSupport }) => !needsSupport)) return true
  const { entry, process } = leader
  if (init.installed(entry.id, process.userId)) return true
  return listeners.of(id).some(({ port }) => entry.ports?.some((fact) => fact.port === port) === true)
}

function sightingOf(
  { details, listeners }: RunningRuntimesComponents,
  init: RunningRuntimesInit,
  group: Group,
): ModelRuntimeSighting {
  const { id, leader, members } = group
  const { entry, process } = leader
  const { pid, startTicks, parentPid, executable = '' } = process
  const standing = details?.standing(process)
  const { ownPidNamespace, insideWsl = false } = details ?? {}
  const { environmentNames = [] } = process
  const container =
    standing === undefined ? undefined : containerOf({ standing, ownPidNamespace, insideWsl, environmentNames })
  const named = members.flatMap(({ args }) => modelsIn(entry, args, init.modelAt))
  const models = [...new Set([...named, ...listeners.modelsOf(id)])]
  const version = versionOf(init, leader)
  return {
    kind: 'model-runtime',
    id,
    name: entry.name,
    catalogueId: entry.id,
    vendor: entry.vendor,
    ...(version === undefined ? {} : { version }),
    user: init.userOf(process.userId),
    evidence: [...new Set(members.map(({ evidence }) => evidence))].slice(0, MAX_EVIDENCE),
    state: 'running',
    process: { pid, startTicks, bootId: init.bootId, parentPid, executable: executable.slice(0, 4096) },
    listens: listeners
      .of(id)
      .slice(0, MAX_LISTENS)
      .map(({ address, port, loopback }) => ({ port, loopback, address: boundedText(address, 64) })),
    models: models.slice(0, MAX_MODELS),
    ...(models.length > MAX_MODELS ? { moreModelsCount: models.length - MAX_MODELS } : {}),
    ...(container === undefined ? {} : { container }),
    ...endOf(entry),
  }
}

function versionOf(init: RunningRuntimesInit, { entry, process }: ProcessMatch): string | undefined {
  for (const file of programFilesOf(process)) {
    const version = init.versionAt(entry.id, file)
    if (version !== undefined) return version
  }
  return undefined
}
