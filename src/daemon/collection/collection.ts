import { orAborted } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { printable } from '../../base/text/printable.ts'
import type { ProcessChange } from '../../discovery/process-table/change-counter.ts'
import type { Finding } from '../../protocol/finding.ts'
import type { Inventory } from '../../protocol/messages/evidence.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Observed } from '../evidence/sightings-ledger.ts'
import type { Health } from '../health/health.ts'

/** Runs the checks and scans of the device and reports their results as evidence. Each method rejects only for its signal. */
export interface Collection {
  /** Scans processes and runs the checks that only read a few files: the first evidence of a run. */
  quick(options: { signal: AbortSignal }): Promise<void>
  /** Runs `quick`, then everything else. */
  all(options: { signal: AbortSignal }): Promise<void>
  posture(options: { signal: AbortSignal }): Promise<void>
  /** Runs all checks, beginning after this call, so that a change that was made before it shows. */
  checkAgain(options: { signal: AbortSignal }): Promise<void>
  discovery(options: { signal: AbortSignal }): Promise<void>
  /** As `Discovery.isCollectDue`. */
  readonly isDiscoveryDue: () => boolean
  /** Scans processes, unless nothing has changed since the last scan. As `Discovery.turn`. */
  processesIfChanged(options: { signal: AbortSignal }): Promise<void>
  /** Scans processes with a scan that begins after this call, and writes the evidence at once. */
  scan(options: { signal: AbortSignal; quick: boolean }): Promise<void>
  /** Reads MCP configuration again where a new server has no entry, then scans processes. As `Discovery.servers`. */
  rescanServers(options: { signal: AbortSignal }): Promise<void>
  /** Reads profile folders that browsers were started with. As `Discovery.profiles`. */
  rescanProfiles(options: { signal: AbortSignal }): Promise<void>
  /** As `Discovery.watch`. */
  readonly watch?: Collectors['watch']
}

/** The checks and scans. Each rejects only for its signal, or for a bug. Names are those of `Discovery`. */
export interface Collectors {
  readonly posture: (options: { signal: AbortSignal }) => Promise<readonly Finding[]>
  /** The checks that only read a few files. */
  readonly quickPosture: (options: { signal: AbortSignal }) => Promise<readonly Finding[]>
  readonly inventory: (options: { signal: AbortSignal }) => Promise<Inventory>
  readonly discovery: (options: { signal: AbortSignal }) => Promise<Observed>
  /** Absent: always due. */
  readonly isDiscoveryDue?: () => boolean
  readonly processes: (options: { signal: AbortSignal; quick?: boolean }) => Promise<Observed>
  readonly turn: (options: { signal: AbortSignal }) => Promise<Observed | undefined>
  readonly servers?: (options: { signal: AbortSignal }) => Promise<Observed | undefined>
  readonly profiles?: (options: { signal: AbortSignal }) => Promise<Observed | undefined>
  /** Calls `onChange` when a process scan would find something new, until disposed. */
  readonly watch?: (onChange: (change: ProcessChange) => void) => Disposable
}

export interface CollectionComponents {
  readonly log: Log
  readonly health: Health
  readonly collectors: Collectors
  readonly evidence: Pick<EvidenceBuilder, 'reportFindings' | 'reportInventory' | 'reportObserved' | 'flush'>
}

type Part = (options: { signal: AbortSignal; quick?: boolean; onlyIfChanged?: boolean }) => Promise<void>
/** `fresh`: a run that has begun already does not count. */
type SharedPart = (options: Parameters<Part>[0] & { fresh?: boolean }) => Promise<void>

export function createCollection({ log, health, collectors, evidence }: CollectionComponents): Collection {
  const failing = new Set<string>()
  /** Runs `work` once at a time. A second caller waits for the run that is in progress. */
  const part = (name: string, work: Part): SharedPart => {
    let running: Promise<void> | undefined
    let runs = 0
    const run: Part = async (options) => {
      const { signal } = options
      try {
        await work(options)
        if (failing.delete(name) && failing.size === 0) health.clear('COLLECTION_FAILED')
      } catch (error) {
        signal.throwIfAborted()
        log.error('collection failed', { part: name, code: codeOf(error), reason: describeError(error) })
        failing.add(name)
        health.raise('COLLECTION_FAILED')
      }
    }
    const currentRun = () => running
    return async ({ fresh = false, ...options }) => {
      const staleRuns = fresh ? runs : -1
      for (let shared = currentRun(); shared !== undefined; shared = currentRun()) {
        const isFreshEnough = runs > staleRuns
        const hasFinished = shared.then(
          () => true,
          () => false,
        )
        if ((await orAborted(hasFinished, options.signal)) && isFreshEnough) return
        // The run was too old, or its caller was aborted and the work with it.
      }
      runs++
      running = run(options).finally(() => {
        running = undefined
      })
      await running
    }
  }
  const posture = part('posture', async (options) => evidence.reportFindings(await collectors.posture(options)))
  const quickPosture = part('quick posture', async (options) => {
    evidence.reportFindings(await collectors.quickPosture(options), { partial: true })
  })
  const inventory = part('inventory', async (options) => evidence.reportInventory(await collectors.inventory(options)))
  const discovery = part('discovery', async (options) => {
    const observed = await collectors.discovery(options)
    evidence.reportObserved('all', observed)
    warnOfTimeouts(health, observed)
  })
  const processes = part('processes', async (options) => {
    const observed = await (options.onlyIfChanged === true ? collectors.turn(options) : collectors.processes(options))
    if (observed !== undefined) evidence.reportObserved('processes', observed)
  })
  const servers = part('servers', async (options) => {
    const observed = await collectors.servers?.(options)
    if (observed === undefined) return
    evidence.reportObserved('part', observed)
    await processes({ ...options, fresh: true })
  })
  const profiles = part('profiles', async (options) => {
    const observed = await collectors.profiles?.(options)
    if (observed !== undefined) evidence.reportObserved('part', observed)
  })
  const quick: Collection['quick'] = async (options) => {
    await Promise.all([processes(options), quickPosture(options)])
  }
  return {
    quick,
    posture,
    checkAgain: (options) => posture({ ...options, fresh: true }),
    discovery,
    isDiscoveryDue: collectors.isDiscoveryDue ?? (() => true),
    processesIfChanged: (options) => processes({ ...options, onlyIfChanged: true }),
    async scan(options) {
      await processes({ ...options, fresh: true })
      evidence.flush()
    },
    rescanServers: servers,
    rescanProfiles: profiles,
    watch: collectors.watch,
    async all(options) {
      await quick(options)
      await Promise.all([inventory(options), posture(options), discovery(options)])
    },
  }
}

/** Warns of homes that were not read in time. Only sources of a home have a user. */
function warnOfTimeouts(health: Health, { sources }: Observed): void {
  const names = new Set(
    sources.flatMap(({ state, user }) => (state === 'timed-out' && user !== undefined ? [user.name] : [])),
  )
  if (names.size === 0) health.clear('HOME_UNANSWERED')
  else {
    const some = [...names].slice(0, 3).map((name) => printable(name.slice(0, 32)))
    health.raise(
      'HOME_UNANSWERED',
      `No answer from the home of ${some.join(', ')}${names.size > 3 ? ' and others' : ''}.`,
    )
  }
}
