import { stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, orAborted } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { TamperSign } from '../../protocol/tamper.ts'
import type { InstallationPlaces } from '../../system/platform.ts'
import type { OwnActivity } from '../../system/program/own-activity.ts'
import type { EvidenceBuilder } from '../evidence/evidence-builder.ts'
import type { Health } from '../health/health.ts'
import type { Spool } from '../spool/spool.ts'
import { stateFile } from '../state/state-file.ts'
import { ClockMoves, type ClockMovesComponents } from './clock-moves.ts'
import {
  changedParts,
  type Installation,
  installationReader,
  lookAtInstallation,
  MAX_INSTALLATION_BYTES,
} from './installation.ts'
import {
  type Life,
  lifeReader,
  type Moment,
  namesOf,
  PAUSE_AFTER_MS,
  pauseBetween,
  seenLater,
  signsOfLastLife,
  type Turn,
  timeOf,
} from './life.ts'

/** Notices what kept the daemon from its work or changed it, and reports it as evidence. */
export interface TamperWatch {
  /** Those of this run and those that the last one left, the newest last. */
  readonly signs: readonly TamperSign[]
  /** Someone with the right to do so removes the daemon. Resolves once that is in the spool. */
  removed(act: { readonly by: string; readonly reason: string }, options: { signal: AbortSignal }): Promise<void>
  run(options: { signal: AbortSignal }): Promise<void>
}

export interface TamperWatchComponents extends ClockMovesComponents {
  readonly clock: Clock
  readonly log: Pick<Log, 'warn' | 'error'>
  readonly health: Pick<Health, 'raise'>
  readonly evidence: Pick<EvidenceBuilder, 'reportTamperSign'>
  readonly boot: { uptimeMs(): number }
  readonly probe: TamperProbe
}

/** What the system and this program tell. */
export interface TamperProbe extends OwnActivity {
  /** How long the main thread has waited for a processor. Undefined where the system does not tell. */
  waitedMs(): number | undefined
  /** How often the system announced the end of sleep. */
  wakes(): number
  /** Whether sleep shows in the clocks or is announced. Elsewhere only a signal is told from it. */
  knowsSleep(): boolean
  /** How long the services of this system have been running, without sleep. Undefined where nothing tells. */
  systemUpMs(): number | undefined
}

export interface TamperWatchInit {
  readonly stateFolder: string
  readonly bootId: string
  readonly version: string
  /** SHA-256 of the value of each setting that is no default, by name. */
  readonly settings: Life['settings']
  readonly hasReported: boolean
  /** Absent: nothing is installed. */
  readonly places?: InstallationPlaces | undefined
  /** For tests. */
  readonly turnMs?: number
  readonly pauseAfterMs?: number
}

/** The schedule wakes the program as often. */
const TURN_MS = 12_000
const TURNS_A_WRITE = 6
const TURNS_A_TOUCH = 2
const TURNS_A_LOOK = 50
/** As long as a service host may take to tell that the system woke up. */
const ANNOUNCED_WITHIN_MS = 5_000

/** What the daemon is given for it. */
export type TamperParts = Pick<TamperWatchComponents, 'probe'> & Pick<TamperWatchInit, 'settings' | 'places'>

/** Undefined where nobody looks for signs. @throws as `beginTamperWatch`. */
export async function openTamperWatch(
  components: Omit<TamperWatchComponents, 'probe'> & {
    readonly tamper?: TamperParts | undefined
    readonly spool: Pick<Spool, 'chain'>
    readonly boot: { id(): Promise<string> }
  },
  { stateFolder, version }: Pick<TamperWatchInit, 'stateFolder' | 'version'>,
): Promise<(TamperWatch & AsyncDisposable) | undefined> {
  const { tamper, spool, boot } = components
  if (tamper === undefined) return undefined
  const { probe, settings, places } = tamper
  const hasReported = (spool.chain?.head.sequence ?? 0) > 0
  const init = { settings, places, stateFolder, version, hasReported, bootId: await boot.id() }
  return await beginTamperWatch({ ...components, probe }, init)
}

/** @throws `STORE_FAILED`, `FILE_UNREADABLE` when the state folder cannot be read. */
export async function beginTamperWatch(
  components: TamperWatchComponents,
  init: TamperWatchInit,
): Promise<TamperWatch & AsyncDisposable> {
  const { clock, log, health } = components
  const onSetAside = (path: string, cause: unknown) => {
    log.error('damaged state file set aside', { path, reason: describeError(cause) })
    health.raise('STATE_DAMAGED')
  }
  const folder = init.stateFolder
  const lives = stateFile({ clock, onSetAside }, { folder, name: 'life.json', reader: lifeReader })
  const installations = stateFile(
    { clock, onSetAside },
    { folder, name: 'installation.json', reader: installationReader, maxBytes: MAX_INSTALLATION_BYTES },
  )
  const path = join(folder, 'life.json')
  const touchedMs = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  const read = await lives.read()
  const last = read?.ended === undefined ? read && seenLater(read, touchedMs) : read
  const installed = await installations.read()
  const watch = new Watch(components, init, {
    write: (life) => lives.write(life),
    touch: () => utimes(path, new Date(), new Date()),
    writeInstallation: (installation) => installations.write(installation),
    installed,
  })
  await watch.begin(last)
  return watch
}

interface Files {
  /** Sets the time of the record, without a wait for the disk. */
  readonly touch: () => Promise<void>
  readonly write: (life: Life) => Promise<void>
  readonly writeInstallation: (installation: Installation) => Promise<void>
  readonly installed: Installation | undefined
}

class Watch implements TamperWatch, AsyncDisposable {
  readonly #components: TamperWatchComponents
  readonly #init: TamperWatchInit
  readonly #files: Files
  readonly #clockMoves: ClockMoves
  #installed: Installation | undefined
  /** A change that one look saw. The next one must see it too: an upgrade replaces files and starts the daemon again. */
  #suspected = ''
  #signs: readonly TamperSign[] = []
  /** Not in evidence yet. */
  #pending: readonly TamperSign[] = []
  #ended: Life['ended']
  #lastWrite: Promise<void> = Promise.resolve()

  constructor(components: TamperWatchComponents, init: TamperWatchInit, files: Files) {
    this.#components = components
    this.#init = init
    this.#files = files
    this.#installed = files.installed
    this.#clockMoves = new ClockMoves(components)
  }

  get signs(): readonly TamperSign[] {
    return this.#signs
  }

  async begin(last: Life | undefined): Promise<void> {
    const { bootId, version, settings, hasReported } = this.#init
    const now = this.#moment()
    const systemUpMs = this.#components.probe.systemUpMs()
    for (const sign of last?.signs ?? []) this.#report(sign)
    const signs = signsOfLastLife(last, { bootId, version, settings, hasReported, now, systemUpMs })
    for (const sign of signs) this.#note(sign)
    if (last !== undefined && last.bootId === bootId) this.#noteIfAny(this.#clockMoves.between(last.seen, now))
    else if (last !== undefined) this.#clockMoves.sinceBoot(last.seen, now)
    // What the last life tells is kept before it is overwritten.
    await this.#write()
  }

  async removed({ by, reason }: { readonly by: string; readonly reason: string }, { signal }: { signal: AbortSignal }) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const time = timeOf(this.#components.clock.now())
    this.#note({ kind: 'removed', time, by: by.slice(0, 256), reason: reason.slice(0, 500) }, resolve)
    this.#ended = 'removed'
    await this.#write()
    await orAborted(promise, signal)
  }

  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    const { clock } = this.#components
    const { turnMs = TURN_MS } = this.#init
    let looking: Promise<void> = Promise.resolve()
    // Each turn begins where the last one ended, and nothing else is waited for: a stop must fall into one of them.
    for (let turn = 0, before = this.#turn(); !signal.aborted; turn++) {
      if (turn % TURNS_A_LOOK === 0) looking = looking.then(() => this.#look(signal))
      if (turn % TURNS_A_WRITE === 0) void this.#write()
      else if (turn % TURNS_A_TOUCH === 0) void this.#files.touch().catch(() => undefined)
      await clock.sleep(turnMs, { signal }).catch(() => undefined)
      if (signal.aborted) break
      const after = this.#turn()
      await this.#compare({ before, after, plannedMs: turnMs }, signal)
      before = after
    }
    await looking
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= 'cleanly'
    await this.#write()
  }

  async #compare(
    { before, after, plannedMs }: { readonly before: Turn; readonly after: Turn; readonly plannedMs: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { pauseAfterMs = PAUSE_AFTER_MS } = this.#init
    this.#noteIfAny(this.#clockMoves.between(before, after))
    if (pauseBetween(before, after, { plannedMs, pauseAfterMs }) === undefined) return
    await this.#components.clock.sleep(Math.min(ANNOUNCED_WITHIN_MS, plannedMs), { signal }).catch(() => undefined)
    // A timer that is due runs before the signal and the announcement are read.
    const { resumes, wakes } = this.#turn()
    const judged = pauseBetween(before, { ...after, resumes, wakes }, { plannedMs, pauseAfterMs })
    if (judged?.cause === 'signal' || this.#components.probe.knowsSleep()) this.#noteIfAny(judged)
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { places, version } = this.#init
    if (places === undefined) return
    const before = this.#installed
    try {
      const now = await lookAtInstallation(places, { version, before, signal })
      if (before === undefined || this.#isSettled(before, now)) {
        if (JSON.stringify(now) === JSON.stringify(before)) return
        await this.#files.writeInstallation(now)
        this.#installed = now
      }
    } catch (error) {
      if (!signal.aborted)
        this.#components.log.error('the installation cannot be read', { reason: describeError(error) })
    }
  }

  /** Whether `now` is what later looks are compared with. */
  #isSettled(before: Installation, now: Installation): boolean {
    const { program, service } = changedParts(before, now)
    const changed = JSON.stringify([program, service])
    const isFirst = before === this.#files.installed
    if (program.length + service.length > 0 && !isFirst && this.#suspected !== changed) {
      this.#suspected = changed
      return false
    }
    this.#suspected = ''
    const time = timeOf(this.#components.clock.now())
    if (program.length > 0) this.#note({ kind: 'program-changed', time, ...namesOf(program) })
    if (service.length > 0) this.#note({ kind: 'service-changed', time, ...namesOf(service) })
    return true
  }

  #noteIfAny(sign: TamperSign | undefined): void {
    if (sign !== undefined) this.#note(sign)
  }

  #note(sign: TamperSign, onDurable?: () => void): void {
    const { kind, cause, durationMs, names } = sign
    this.#components.log.warn('tamper sign', { kind, cause, durationMs, names: names?.join(', ') })
    this.#report(sign, onDurable)
  }

  #report(sign: TamperSign, onDurable?: () => void): void {
    this.#signs = [...this.#signs, sign].slice(-LIMITS.tamperSigns)
    // A device that is not enrolled has no chain to write them into.
    this.#pending = [...this.#pending, sign].slice(-LIMITS.tamperSigns)
    this.#components.evidence.reportTamperSign(sign, () => {
      this.#pending = this.#pending.filter((one) => one !== sign)
      void this.#write()
      onDurable?.()
    })
    void this.#write()
  }

  /** Never rejects: evidence and the log count for more. */
  #write(): Promise<void> {
    this.#lastWrite = this.#lastWrite.then(async () => {
      const { bootId, version, settings } = this.#init
      const life: Life = {
        schema: 'surety/life@1',
        bootId,
        version,
        settings,
        seen: this.#moment(),
        signs: [...this.#pending],
        ...(this.#ended === undefined ? {} : { ended: this.#ended }),
      }
      await this.#files.write(life).catch((error: unknown) => {
        this.#components.log.error('the sign of life cannot be written', { reason: describeError(error) })
      })
    })
    return this.#lastWrite
  }

  #moment(): Moment {
    const { clock, boot, probe } = this.#components
    return { wallMs: clock.now(), bootMs: boot.uptimeMs(), awakeMs: probe.awakeMs() }
  }

  #turn(): Turn {
    const { probe } = this.#components
    return {
      ...this.#moment(),
      resumes: probe.resumes(),
      waitedMs: probe.waitedMs(),
      workedMs: probe.workedMs(),
      wakes: probe.wakes(),
    }
  }
}
