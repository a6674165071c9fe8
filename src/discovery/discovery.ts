import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { SerialTasks } from '../base/serial-tasks.ts'
import { SOURCES, wasRead } from '../protocol/scan-coverage.ts'
import type { AgentSighting, Sighting, SourceReport } from '../protocol/sighting.ts'
import type { HoldRules } from '../system/enforcement/exec-gate-messages.ts'
import type { TrustedFileReader } from '../system/files/files.ts'
import type { PlatformName } from '../system/platform.ts'
import type { JobFiles } from '../system/processes/job-files.ts'
import type { ProcessDetails } from '../system/processes/process-details.ts'
import type { ProcessEventSource } from '../system/processes/process-events.ts'
import type { ProcessTable } from '../system/processes/process-table.ts'
import type { ProgramResolver } from '../system/processes/program-resolver.ts'
import { type Uids, uidsOf } from '../system/users/uids-of.ts'
import type { LocalUser } from '../system/users/users.ts'
import { ProfileReads } from './browsers/profile-rescan-queue.ts'
import { withBrowsers } from './catalogue/built-in.ts'
import { type Catalogue, sessionVariables } from './catalogue/catalogue.ts'
import { catalogueFor } from './catalogue/for-system.ts'
import { sourceLog } from './files/source-log.ts'
import { homesRead } from './homes/fully-scanned-users.ts'
import type { HomeReader } from './homes/home-reader.ts'
import { readHomes, readProfilesAgain, readServersAgain } from './homes/read-homes.ts'
import { readMachine } from './homes/read-machine.ts'
import { hasHome, hasReadableHome, unreadableHomes } from './homes/readable-homes.ts'
import { WorkedIn } from './homes/recent-workspaces.ts'
import type { InstalledProgram } from './installed/installed.ts'
import { forEverybody, withManaged } from './installed/merge-agent-state.ts'
import { readLaunchKey } from './launch/launch-hash.ts'
import { indexAgents } from './matching/agent-index.ts'
import { type HoldSelection, holdRules } from './matching/hold-rules.ts'
import { bearsName, type MatchedProcess, matchProcess } from './matching/process-match.ts'
import { isInterpreter } from './matching/script-argument.ts'
import { ConfiguredServers } from './mcp/configured-servers.ts'
import { UnexplainedServers } from './mcp/mcp-rescan-queue.ts'
import type { ProcessChange } from './process-table/change-counter.ts'
import { HandOffs, startsJobs } from './process-table/hand-offs.ts'
import { KnownPrograms, type KnownProgramsComponents } from './process-table/known-programs.ts'
import { ProcessEventSubscription } from './process-table/process-event-subscription.ts'
import { ProcessMemory } from './process-table/process-memory.ts'
import { MatchMemory } from './running/agent-marks.ts'
import { SeenEndpoints } from './running/endpoints.ts'
import { type RunningAgents, ScannedAgents } from './running-agents-port.ts'
import { SeenListeners } from './runtimes/seen-listeners.ts'
import { type FoundInHomes, scanProcesses, wakeFilter } from './scan-processes.ts'
import { HomeScanSchedule } from './scheduling/home-scan-schedule.ts'
import { ProcessScanSchedule } from './scheduling/process-scan-schedule.ts'
import { UnknownAgents } from './unknown/unknown-agents.ts'

export interface DiscoveryComponents {
  readonly processes: ProcessTable
  /** Absent if the system has no such details. */
  readonly details?: ProcessDetails | undefined
  /** Absent if the system runs no jobs by files. */
  readonly jobFiles?: JobFiles | undefined
  /** Absent if links cannot be followed without blocking. */
  readonly programs?: ProgramResolver | undefined
  readonly mounts?: KnownProgramsComponents['mounts']
  readonly homes: HomeReader
  readonly systemFiles: TrustedFileReader
  readonly users: { list(): Promise<readonly LocalUser[]> }
  readonly clock: Pick<Clock, 'monotonic'>
  /** Absent if the system has none. Processes are then found only by scans. */
  readonly events?: ProcessEventSource | undefined
  readonly log?: Log
}

export interface DiscoveryInit {
  /** Read again for each scan of homes, and not kept in between. */
  readonly catalogue: Catalogue
  /** Our own user: only root can read the homes of others. */
  readonly userId: string
  /** Homes read at once. */
  readonly parallel?: number
  /** Our own process, which is never an agent. */
  readonly ownPid?: number
  /** That of Linux when absent. */
  readonly system?: PlatformName
}

export interface ProcessesOptions {
  readonly signal: AbortSignal
  readonly byEvents?: boolean
  readonly quick?: boolean
}

/** Sightings, and how reading each source went. */
export interface Discovered {
  readonly sightings: readonly Sighting[]
  readonly sources: readonly SourceReport[]
}

export interface Discovery {
  /** Scans processes, installed programs and homes. Rejects only for `signal`. */
  collect(options: { readonly signal: AbortSignal }): Promise<Discovered>
  /** Call once a turn: is `collect` worthwhile? Turns are skipped while the machine is idle. */
  isCollectDue(): boolean
  /**
   * Scans processes alone, in a few milliseconds. `byEvents` uses events instead of a full scan, if none were lost. `quick`
   * does too, and repeats unknown agents as last seen.
   */
  processes(options: ProcessesOptions): Promise<Discovered>
  /**
   * A scheduled scan: by events, with a full scan each minute, or each five minutes while full scans find only what events had
   * announced. Undefined if nothing happened since the last scan that another could find.
   */
  turn(options: { readonly signal: AbortSignal }): Promise<Discovered | undefined>
  /**
   * Reads the MCP configuration again of users who run a server without an entry, which may have been added since. Only new
   * servers cause this, and each home is read at most once a minute. Undefined if there is none to read. Rejects only for
   * `signal`.
   */
  servers(options: { readonly signal: AbortSignal }): Promise<Discovered | undefined>
  /**
   * Reads browser profiles again of users who started a known browser with a profile folder of its own, a few seconds after
   * the start, even if it has ended. Each home is read at most once a minute. Undefined if there are none. Rejects only for
   * `signal`.
   */
  profiles(options: { readonly signal: AbortSignal }): Promise<Discovered | undefined>
  /**
   * Calls `onChange` when an agent or a process below it starts or ends, until disposed. Without process events it never
   * calls, and the source reports say why.
   */
  watch(onChange: (change: ProcessChange) => void): Disposable
  /** Call after `catalogue` was replaced. */
  catalogueReplaced(): void
  /** What is to be held as it starts, so that these agents are. */
  holdRules(selections: readonly HoldSelection[]): HoldRules
  /** As a scan names the users of processes. Undefined before the accounts were read. */
  uidsOf(who: Parameters<typeof uidsOf>[1]): Uids | undefined
  readonly runningAgents: RunningAgents
  readonly handOffs: Pick<HandOffs, 'keep'>
}

const { users: USERS, processes: PROCESSES, events: EVENTS, files: FILES } = SOURCES

/** Finds agents and extensions on this device. Nothing that is found is executed, and no command line leaves. */
export function createDiscovery(given: DiscoveryComponents, init: DiscoveryInit): Discovery {
  const { system = 'linux' } = init
  const indexNow = () => indexAgents(catalogueFor(init.catalogue, system))
  let index = indexNow()
  const variables = new Set(sessionVariables(init.catalogue))
  let lastHomes: FoundInHomes = {
    installed: [],
    states: [],
    servers: new ConfiguredServers([], ''),
    blobs: new Map(),
    homesRead: new Set(),
  }
  let homes: readonly string[] = []
  const isRecognised = (process: MatchedProcess) => matchProcess(index, process, homes) !== undefined
  const knownPrograms = new KnownPrograms(given, (process) => isRecognised(process) || isInterpreter(process))
  const components = { ...given, processes: knownPrograms.table(), events: knownPrograms.events() }
  const unknownAgents = new UnknownAgents({ ...components, markers: () => index.markers })
  const handOffs = new HandOffs({
    ...components,
    productOf(process) {
      const match = matchProcess(index, process, homes)
      return match?.of === 'agent' ? match.entry.id : undefined
    },
  })
  const memory = new ProcessMemory(components, {
    isAgent(process) {
      const isAgent = isRecognised(process)
      if (isAgent || isInterpreter(process)) knownPrograms.learn(process)
      return isAgent
    },
    bearsName: (executable) => bearsName(index, executable),
    sessionVariables: variables,
    ownPid: init.ownPid,
    onTool: (tool, parent) => unknownAgents.noteTool(tool, parent),
    onRun: (program, parent) => unknownAgents.noteRun(program, parent),
    onFork(parent, pid) {
      homeScans.noteProcess(parent)
      handOffs.noteFork(parent, pid)
    },
    onExec: (record) => handOffs.noteExec(record),
    startsJobs,
    onEnd: (pid) => handOffs.noteEnd(pid),
    onLost: () => handOffs.noteLost(),
    onStart(process, forkedBy) {
      homeScans.noteProcess(process)
      profileReads.note(process, { forkedBy, users, browsers, nowMs: components.clock.monotonic() })
    },
  })
  const events = new ProcessEventSubscription(memory, components)
  const runningAgents = new ScannedAgents({ processes: components.processes, memory })
  const endpoints = new SeenEndpoints()
  const listeners = new SeenListeners()
  const matches = new MatchMemory()
  const lastUnknown = { sightings: [] }
  const unexplained = new UnexplainedServers()
  const workedIn = new WorkedIn(components)
  const profileReads = new ProfileReads(components)
  const processScans = new ProcessScanSchedule()
  const homeScans = new HomeScanSchedule()
  const browsers = () => withBrowsers(init.catalogue).browsers
  let users: readonly LocalUser[] = []
  const adoptHomes = (users: readonly LocalUser[]) => {
    // The kernel reports resolved paths, but scripts are named by the home path that users see.
    const spelt = users.filter(hasHome).flatMap(({ home, namedHome = home }) => [home, namedHome])
    const found = [...new Set(spelt)]
    if (found.join('\0') === homes.join('\0')) return
    homes = found
    memory.recheck()
  }
  // Scans run one after another, so that a later scan is also reported later.
  const scans = new SerialTasks()
  const running = (options: ProcessesOptions): Promise<Discovered> =>
    scans.run(() => turn().then(() => runScan(options)))
  const runScan = async (options: ProcessesOptions): Promise<Discovered> => {
    const { signal, byEvents = false, quick = false } = options
    const sources = sourceLog(components, {})
    adoptHomes(users)
    const changes = memory.beginScan()
    const sightings = await sources.read(PROCESSES, undefined, () =>
      scanProcesses(
        { ...components, memory, unknownAgents, runningAgents, lastUnknown, endpoints, listeners, matches, handOffs },
        { index, users, homes, ownPid: init.ownPid, byEvents, quick, ...lastHomes },
        sources,
        signal,
      ),
    )
    unexplained.see(sightings.filter(isAgent))
    workedIn.see(sightings.filter(isAgent))
    signal.throwIfAborted()
    const read = sources.reports.every(wasRead)
    const needsPolling = quick || sightings.length > 0 || !listeners.isEmpty
    if (!byEvents && !quick) events.fullScanDone()
    const isConsistent = byEvents || quick ? undefined : read && memory.isConsistent
    const { nextInspectionMs } = unknownAgents
    processScans.scanDone(
      { changes: read ? changes : undefined, isConsistent, needsPolling, nextInspectionMs },
      components.clock.monotonic(),
    )
    for (const [source, reason] of [
      [EVENTS, events.fault],
      [FILES, events.filesFault],
    ] as const) {
      await sources.read(source, undefined, async () => {
        if (reason !== undefined) throw reason
        return []
      })
    }
    return { sightings, sources: sources.reports }
  }
  const listUsers = async () => {
    const sources = sourceLog(components, {})
    // If users cannot be listed, the last known ones still own their homes and processes.
    await sources.read(USERS, undefined, async () => {
      users = await components.users.list()
      homeScans.setUsers(users)
      return users
    })
    return { users, sources: sources.reports }
  }
  const processes = async (options: ProcessesOptions) => {
    const whole = options.quick !== true && options.byEvents !== true
    if (whole || users.length === 0) await listUsers()
    return await running(options)
  }
  return {
    processes,
    runningAgents,
    handOffs,
    async turn({ signal }) {
      const now = components.clock.monotonic()
      if (processScans.isFullScanDue(now)) return await processes({ signal })
      const canFindMore = processScans.canFindMore(memory.changes(), now, () => unknownAgents.idleUntilMs(now))
      const nothing = profileReads.isEmpty && !canFindMore
      return nothing ? undefined : await processes({ signal, byEvents: true })
    },
    async servers({ signal }) {
      const due = unexplained.take(components.clock.monotonic())
      const owners =
        due.size === 0 ? [] : users.filter((user) => due.has(user.id) && hasReadableHome(user, init.userId))
      if (owners.length === 0) return undefined
      const found = await readServersAgain({ ...components, workedIn }, init, owners, { signal })
      for (const { user, home } of found) if (home.sources.every(wasRead)) lastHomes.servers.replace(user.id, home)
      return {
        sightings: found.flatMap(({ home }) => home.sightings),
        sources: found.flatMap(({ home }) => home.sources),
      }
    },
    async profiles({ signal }) {
      const due = profileReads
        .take(components.clock.monotonic())
        .filter(({ user }) => hasReadableHome(user, init.userId))
      if (due.length === 0) return undefined
      const found = await readProfilesAgain(components, init, due, { signal })
      return {
        sightings: found.flatMap(({ sightings }) => sightings),
        sources: found.flatMap(({ sources }) => sources),
      }
    },
    watch(onChange) {
      return events.follow(wakeFilter(index), (change) => {
        homeScans.noteActivity()
        onChange(change)
      })
    },
    catalogueReplaced() {
      index = indexNow()
      events.setFilter(wakeFilter(index))
      variables.clear()
      for (const name of sessionVariables(init.catalogue)) variables.add(name)
      memory.recheck()
      processScans.unsettle()
    },
    holdRules: (selections) => holdRules(index.entries, selections),
    uidsOf: (who) => (users.length === 0 ? undefined : uidsOf(users, who)),
    isCollectDue: () => homeScans.isDue(components.clock.monotonic(), events.fault === undefined),
    async collect({ signal }) {
      homeScans.scanStarted(components.clock.monotonic())
      const { sources } = await listUsers()
      const machine = await readMachine(
        { files: components.systemFiles, clock: components.clock },
        { catalogue: init.catalogue, layout: system },
      )
      const homes = await readHomes({ ...components, workedIn }, init, users, { signal })
      const states = [machine, ...homes].flatMap((part) => part.states ?? [])
      const found = [
        { ...machine, sightings: forEverybody(machine.sightings, states) },
        ...homes.map((home) => ({ ...home, sightings: withManaged(home.sightings, machine.states ?? []) })),
      ]
      lastHomes = {
        installed: found.flatMap(({ sightings }) => sightings).filter(isProgram),
        states,
        homesRead: homesRead(homes),
        servers: new ConfiguredServers(found, await readLaunchKey(components.systemFiles)),
        blobs: new Map(homes.flatMap(({ blobs = [] }) => blobs.map(({ path, name }) => [path, name]))),
      }
      const now = await running({ signal })
      unexplained.allRead(now.sightings.filter(isAgent))
      return {
        sightings: [now, ...found].flatMap((part) => part.sightings),
        sources: [
          ...sources,
          ...unreadableHomes(users, init.userId),
          ...[now, ...found].flatMap((part) => part.sources),
        ],
      }
    },
  }
}

function isAgent(sighting: Sighting): sighting is AgentSighting {
  return sighting.kind === 'agent'
}

function isProgram(sighting: Sighting): sighting is InstalledProgram {
  return sighting.kind === 'agent' || sighting.kind === 'model-runtime'
}
