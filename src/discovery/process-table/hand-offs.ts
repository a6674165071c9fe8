import type { JobFiles } from '../../system/processes/job-files.ts'
import type { ProcessDetails, ProcessName } from '../../system/processes/process-details.ts'
import { isProtectedProgram } from '../../system/processes/protected-programs.ts'
import type { HandOff, HandOffLookup } from '../matching/hand-off.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

export interface HandOffsComponents {
  readonly details?: Pick<ProcessDetails, 'standing' | 'openFiles' | 'sharesMounts'> | undefined
  readonly jobFiles?: JobFiles | undefined
  /** The agent that this process is; undefined for another program. */
  readonly productOf: (process: ProcessRecord) => string | undefined
}

/** A program of an agent that asks another one to start something. */
interface Request extends Pick<HandOff, 'to' | 'product'> {
  readonly agent: ProcessName
  readonly userId: string
  readonly startTicks: number
  /** Names of the units that `systemd-run` makes. Undefined for a program that may ask for any. */
  readonly units: readonly string[] | undefined
  /** `systemd-run` for the manager of the system. Only the program of the system, seen while it runs, asks that one. */
  readonly asksSystem: boolean
}

/** Programs that ask, by what they ask. `batch` runs `at`. A user's own file of such a name asks nothing. */
const ASKING: Readonly<Record<string, HandOff['to']>> = {
  'systemd-run': 'systemd',
  systemctl: 'systemd',
  busctl: 'systemd',
  gdbus: 'systemd',
  'dbus-send': 'systemd',
  at: 'at',
  crontab: 'cron',
}
/** Where the programs that ask are. Only root can replace them. */
const SYSTEM_PROGRAM = /^\/(?:usr\/)?s?bin\/([^/]+)$/
/** Programs that are asked. Only root can replace them. */
const STARTERS: readonly (readonly [HandOff['to'], RegExp])[] = [
  ['systemd', /^\/(usr\/)?lib\/systemd\/systemd$/],
  ['at', /^\/usr\/s?bin\/atd$/],
  ['cron', /^\/usr\/s?bin\/crond?$/],
]
const EXECUTOR = '/systemd-executor'
/**
 * As systemd before version 257 names units itself. Later it names them after the process that asks; see `unitNames`. A user can keep a
 * `systemd-run` waiting, so by such a name units that root makes would be the user's.
 */
const NAMED_BY_CHANCE = /^run-(r[0-9a-f]+|u\d+)\.service$/
/** In a container, the number of the process that asks is another one than ours. */
const NAMED_BY_SYSTEMD = /^run-(p\d+-i\d+|r[0-9a-f]+|u\d+)\.service$/
const ROOT = '0'
const MAX_REQUESTS = 256
const MAX_STARTED = 256
const MAX_HAND_OFFS = 1_000
const MAX_GENERATIONS = 256
const MAX_NAMES = 4
const MAX_NAME = 200

/**
 * What agents have had systemd, atd and cron start for them. Learned from process events: a unit begins while a program of an
 * agent runs that asks for it, a job of `at` or a crontab is written by one. Without events nothing is learned.
 */
export class HandOffs implements HandOffLookup<ProcessRecord> {
  readonly #components: HandOffsComponents
  /** Programs that ask now, by pid. */
  readonly #requests = new Map<number, Request>()
  /** Processes that a manager forked while it was asked, by pid. */
  readonly #started = new Map<number, readonly Request[]>()
  #all: readonly HandOff[] = []
  #judged = new WeakMap<ProcessRecord, { readonly handOff: HandOff | undefined }>()
  #onChange: ((all: readonly HandOff[]) => void) | undefined

  constructor(components: HandOffsComponents) {
    this.#components = components
  }

  /** Takes what an earlier run knew, and reports each change from now on. */
  keep(known: readonly HandOff[], onChange: (all: readonly HandOff[]) => void): void {
    for (const one of known) this.#add(one)
    this.#onChange = onChange
  }

  /** @returns true for a job. */
  noteExec(record: ProcessRecord): boolean {
    this.#requestEnded(record.pid)
    this.#noteRequest(record)
    const { forkedBy } = record
    if (forkedBy === undefined || starterOf(forkedBy) === undefined) return false
    this.#noteUnit(record, forkedBy)
    return this.find(record, forkedBy) !== undefined
  }

  noteFork(parent: ProcessRecord, pid: number): void {
    if (this.#requests.size === 0 || starterOf(parent) !== 'systemd') return
    const requests = [...this.#requests.values()].filter(
      ({ to, userId }) => to === 'systemd' && reaches(userId, parent),
    )
    if (requests.length > 0 && this.#started.size < MAX_STARTED) this.#started.set(pid, requests)
  }

  noteEnd(pid: number): void {
    this.#started.delete(pid)
    this.#requestEnded(pid)
  }

  /** The end of a program that asks may have been among the lost events. What it wrote until now counts. */
  noteLost(): void {
    this.#started.clear()
    for (const pid of this.#requests.keys()) this.#requestEnded(pid)
  }

  #requestEnded(pid: number): void {
    const request = this.#requests.get(pid)
    if (request === undefined) return
    this.#requests.delete(pid)
    const { jobFiles } = this.#components
    const { to, product, agent, userId, startTicks } = request
    if (to === 'at')
      for (const job of jobFiles?.atJobsSince(userId, startTicks) ?? []) this.#add({ to, job, userId, product, agent })
    if (to === 'cron' && jobFiles?.hasCrontab(userId, startTicks) === true)
      this.#add({ to, job: '', userId, product, agent })
  }

  find(record: ProcessRecord, parent: ProcessRecord): HandOff | undefined {
    if (this.#all.length === 0) return undefined
    const to = starterOf(parent)
    if (to === undefined || to === starterOf(record) || isSystemProgram(record)) return undefined
    const known = this.#judged.get(record)
    if (known !== undefined) return known.handOff
    const handOff = this.#judge(to, record, parent)
    this.#judged.set(record, { handOff })
    return handOff
  }

  #judge(to: HandOff['to'], record: ProcessRecord, parent: ProcessRecord): HandOff | undefined {
    const { details, jobFiles } = this.#components
    switch (to) {
      case 'systemd': {
        const unit = this.#unitOf(record)
        // Services of the system are not an agent's, whatever name it gave to its own.
        if (unit === undefined || (parent.userId === ROOT && jobFiles?.isTransientUnit(unit) !== true)) return undefined
        return this.#all.find(
          (each) => each.to === to && each.userId === parent.userId && isUnit(each.job, unit) && mayBe(each, record),
        )
      }
      case 'at': {
        const files = details?.openFiles([record]).get(record.pid) ?? []
        const jobs = files.map((file) => jobFiles?.atJobOf(file))
        return this.#all.find((each) => each.to === to && each.userId === record.userId && jobs.includes(each.job))
      }
      case 'cron':
        return jobFiles?.hasCrontab(record.userId) === true
          ? this.#all.find((each) => each.to === to && each.userId === record.userId)
          : undefined
      default:
        return to satisfies never
    }
  }

  #noteRequest(record: ProcessRecord): void {
    const [, program = ''] = SYSTEM_PROGRAM.exec(reportedPath(record) ?? '') ?? []
    const to = Object.hasOwn(ASKING, program) ? ASKING[program] : undefined
    const { forkedBy } = record
    if (to === undefined || forkedBy === undefined) return
    const above = this.#agentAbove(forkedBy)
    if (above === undefined) return
    // `at` becomes another user as it starts.
    const { userId } = forkedBy
    const startTicks = record.startTicks || forkedBy.startTicks || above.agent.startTicks
    const units = program === 'systemd-run' ? unitNames(record) : undefined
    const asksSystem =
      units !== undefined &&
      !record.argv.includes('--user') &&
      this.#components.details?.sharesMounts?.(record) === true
    // The newest count: an agent may let others wait on purpose.
    const [oldest] = this.#requests.keys()
    if (oldest !== undefined && this.#requests.size >= MAX_REQUESTS) this.#requestEnded(oldest)
    this.#requests.set(record.pid, { to, userId, startTicks, units, asksSystem, ...above })
    // The unit may begin later, by a timer. Units of the system that are named alike may be root's by then.
    for (const job of units ?? []) this.#add({ to, job, userId, ...above })
  }

  #noteUnit(record: ProcessRecord, manager: ProcessRecord): void {
    const requests = this.#started.get(record.pid)
    if (requests === undefined || record.executable?.endsWith(EXECUTOR) === true) return
    this.#started.delete(record.pid)
    const unit = this.#unitOf(record)
    if (unit === undefined) return
    const isSystems = manager.userId === ROOT
    if (isSystems && this.#components.jobFiles?.isTransientUnit(unit) !== true) return
    const isNamed = ({ userId }: Request) =>
      isSystems ? userId === ROOT && NAMED_BY_CHANCE.test(unit) : NAMED_BY_SYSTEMD.test(unit)
    const request = requests.find(
      (each) =>
        (each.asksSystem || !isSystems) &&
        (each.units === undefined || isNamed(each) || each.units.some((job) => isUnit(job, unit))),
    )
    if (request === undefined) return
    const { to, product, agent, userId } = request
    const { pid, startTicks } = record
    const only = isSystems && userId !== ROOT ? { process: { pid, startTicks } } : {}
    this.#add({ to, job: unit, userId: manager.userId, product, agent, ...only })
  }

  #agentAbove(from: ProcessRecord): Pick<Request, 'product' | 'agent'> | undefined {
    let at: ProcessRecord | undefined = from
    for (let count = 0; at !== undefined && count < MAX_GENERATIONS; at = at.forkedBy, count++) {
      const product = this.#components.productOf(at)
      if (product !== undefined) return { product, agent: { pid: at.pid, startTicks: at.startTicks } }
    }
    return undefined
  }

  /** Also of a process in the quarantine, whose group is named after the one that it came from. */
  #unitOf(record: ProcessRecord): string | undefined {
    const cgroup = this.#components.details?.standing(record)?.cgroup
    return cgroup?.split(/[/|]/).findLast((part) => part.endsWith('.service'))
  }

  #add(added: HandOff): void {
    const others = this.#all.filter(
      ({ to, job, userId }) => to !== added.to || job !== added.job || userId !== added.userId,
    )
    this.#all = [...others, added].slice(-MAX_HAND_OFFS)
    this.#judged = new WeakMap()
    this.#onChange?.(this.#all)
  }
}

/** Managers start each unit in a session of its own, which is seen at once anyway. */
export function startsJobs(record: ProcessRecord): boolean {
  const to = starterOf(record)
  return to === 'at' || to === 'cron'
}

/** What the kernel reports. A name by an argument or another path proves nothing here. */
function reportedPath({ executable, startedAs = executable }: ProcessRecord): string | undefined {
  return startedAs
}

function isSystemProgram(record: ProcessRecord): boolean {
  return record.startedAs === undefined && isProtectedProgram(record.executable)
}

function starterOf(record: ProcessRecord): HandOff['to'] | undefined {
  const executable = reportedPath(record)
  return executable === undefined ? undefined : STARTERS.find(([, pattern]) => pattern.test(executable))?.[0]
}

/** Root may ask the managers of all users, and any user that of the system. */
function reaches(userId: string, manager: ProcessRecord): boolean {
  return userId === ROOT || manager.userId === ROOT || manager.userId === userId
}

function isUnit(job: string, unit: string): boolean {
  return job.endsWith('*') ? unit.startsWith(job.slice(0, -1)) : unit === job
}

function mayBe({ process }: HandOff, { pid, startTicks }: ProcessRecord): boolean {
  return process === undefined || (process.pid === pid && process.startTicks === startTicks)
}

/** As systemd 257 and later name it, after the process that asks; and as the command line may name it. */
function unitNames({ pid, argv }: ProcessRecord): readonly string[] {
  const named = argv.flatMap((argument, at) => {
    const [, given] = /^(?:--unit|-[a-zA-Z]*u)=?(.*)$/s.exec(argument) ?? []
    const name = given === '' ? argv[at + 1] : given
    return name === undefined
      ? []
      : [`${name.replace(/\.(service|timer|path|socket)$/, '').slice(0, MAX_NAME)}.service`]
  })
  return [`run-p${pid}-*`, ...named.slice(0, MAX_NAMES)]
}
