import { orAborted } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { printable } from '../../base/printable.ts'
import type { ProcessChange } from '../../discovery/process-table/process-change.ts'
import type { Inventory } from '../../protocol/evidence.ts'
import type { Finding } from '../../protocol/finding.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Observed } from '../evidence/sightings-ledger.ts'
import type { Health } from '../health/health.ts'

/** Looks at the device and reports what was found; what is quick goes first. */
export interface Collection {
  /** Running agents and the checks that only read a few files: what the first evidence of a run holds. */
  quick(options: { signal: AbortSignal }): Promise<void>
  /** What is quick, then everything. */
  all(options: { signal: AbortSignal }): Promise<void>
  posture(options: { signal: AbortSignal }): Promise<void>
  discovery(options: { signal: AbortSignal }): Promise<void>
  /** As `Discovery.isCollectDue`. */
  readonly isDiscoveryDue: () => boolean
  /** As `Discovery.turn`. */
  turn(options: { signal: AbortSignal }): Promise<void>
  /** The running agents, by a look that begins now, told without waiting for more. `quick` as `Discovery.processes`. */
  look(options: { signal: AbortSignal; quick: boolean }): Promise<void>
  /** What explains servers that run, read again where something new does not; then those that run with it. */
  servers(options: { signal: AbortSignal }): Promise<void>
  /** The profiles of browsers that were started with one of their own. */
  profiles(options: { signal: AbortSignal }): Promise<void>
  /** As `Discovery.watch`. */
  readonly watch?: Collectors['watch']
}

/** What can be collected. Each rejects only for its signal, or for a fault of ours. */
export interface Collectors {
  readonly posture: (options: { signal: AbortSignal }) => Promise<readonly Finding[]>
  /** The checks that only read a few files. */
  readonly quickPosture: (options: { signal: AbortSignal }) => Promise<readonly Finding[]>
  readonly inventory: (options: { signal: AbortSignal }) => Promise<Inventory>
  readonly discovery: (options: { signal: AbortSignal }) => Promise<Observed>
  /** As `Discovery.isCollectDue`; always without. */
  readonly isDiscoveryDue?: () => boolean
  readonly processes: (options: { signal: AbortSignal; quick?: boolean }) => Promise<Observed>
  /** As `Discovery.turn`. */
  readonly turn: (options: { signal: AbortSignal }) => Promise<Observed | undefined>
  /** As `Discovery.servers`. */
  readonly servers?: (options: { signal: AbortSignal }) => Promise<Observed | undefined>
  /** As `Discovery.profiles`. */
  readonly profiles?: (options: { signal: AbortSignal }) => Promise<Observed | undefined>
  /** Calls when `processes` would tell something new, until disposed. */
  readonly watch?: (onChange: (change: ProcessChange) => void) => Disposable
}

export interface CollectionComponents {
  readonly log: Log
  readonly health: Health
  readonly collectors: Collectors
  readonly evidence: Pick<EvidenceBuilder, 'reportFindings' | 'reportInventory' | 'reportObserved' | 'hurry'>
}

type Part = (options: { signal: AbortSignal; quick?: boolean; inTurn?: boolean }) => Promise<void>
/** `anew`: what runs already began too early to do. */
type SharedPart = (options: Parameters<Part>[0] & { anew?: boolean }) => Promise<void>

export function createCollection({ log, health, collectors, evidence }: CollectionComponents): Collection {
  const failing = new Set<string>()
  // Two of a kind at once would only be the same work twice: the later caller waits for the one that runs.
  const part = (name: string, work: Part): SharedPart => {
    let running: Promise<void> | undefined
    let begun = 0
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
    const join = () => running
    return async ({ anew = false, ...options }) => {
      const tooEarly = anew ? begun : -1
      for (let shared = join(); shared !== undefined; shared = join()) {
        const inTime = begun > tooEarly
        const joined = shared.then(
          () => true,
          () => false,
        )
        if ((await orAborted(joined, options.signal)) && inTime) return
        // Whoever began it was stopped, and with them the work; we were not.
      }
      begun++
      running = run(options).finally(() => {
        running = undefined
      })
      await running
    }
  }
  const posture = part('posture', async (options) => evidence.reportFindings(await collectors.posture(options)))
  const quick = part('quick posture', async (options) => {
    evidence.reportFindings(await collectors.quickPosture(options), { partial: true })
  })
  const inventory = part('inventory', async (options) => evidence.reportInventory(await collectors.inventory(options)))
  const discovery = part('discovery', async (options) => {
    const observed = await collectors.discovery(options)
    evidence.reportObserved('all', observed)
    tellTimedOut(health, observed)
  })
  const processes = part('processes', async (options) => {
    const observed = await (options.inTurn === true ? collectors.turn(options) : collectors.processes(options))
    if (observed !== undefined) evidence.reportObserved('processes', observed)
  })
  const servers = part('servers', async (options) => {
    const observed = await collectors.servers?.(options)
    if (observed === undefined) return
    evidence.reportObserved('part', observed)
    await processes({ ...options, anew: true })
  })
  const profiles = part('profiles', async (options) => {
    const observed = await collectors.profiles?.(options)
    if (observed !== undefined) evidence.reportObserved('part', observed)
  })
  const look: Collection['look'] = async (options) => {
    await processes({ ...options, anew: true })
    evidence.hurry()
  }
  const first = async (options: { signal: AbortSignal }) => {
    await Promise.all([processes(options), quick(options)])
  }
  return {
    quick: first,
    posture,
    discovery,
    isDiscoveryDue: collectors.isDiscoveryDue ?? (() => true),
    turn: (options) => processes({ ...options, inTurn: true }),
    look,
    servers,
    profiles,
    watch: collectors.watch,
    async all(options) {
      await first(options)
      await Promise.all([inventory(options), posture(options), discovery(options)])
    },
  }
}

/** Of a person only their home is read against a deadline. */
function tellTimedOut(health: Health, { sources }: Observed): void {
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
