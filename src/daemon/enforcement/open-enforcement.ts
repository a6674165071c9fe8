import { createHash } from 'node:crypto'
import { describeError } from '../../base/errors.ts'
import type { Canary } from '../../system/enforcement/canary.ts'
import type { ExecGate } from '../../system/enforcement/exec-gate.ts'
import type { Freezer } from '../../system/freezer/freezer.ts'
import type { Health } from '../health/health.ts'
import { stateFile } from '../state/state-file.ts'
import { runDrill } from './drill.ts'
import { type DrillOutcome, drillFile } from './drill-file.ts'
import { type Enforcement, type EnforcementComponents, RunningEnforcement } from './enforcement.ts'
import { type ExecGateCallbacks, ExecHold, type ExecHoldComponents } from './exec-gate/exec-hold.ts'
import { watchOtherDaemons } from './other-daemons.ts'
import { StopEffects } from './stops/stop-effects.ts'
import type { StopOutcome } from './stops/stop-receipt.ts'
import { fitting, MAX_STOPS_BYTES, stopsReader } from './stops/stops-file.ts'

export interface OpenEnforcementComponents extends Omit<EnforcementComponents, 'freezer' | 'save' | 'exec'> {
  readonly health: Health
  readonly openFreezer: (name: string) => Freezer
  /** Absent: other daemons on the machine are not noticed. */
  readonly enforcersFolder?: string | undefined
  /** Absent where programs cannot be held as they start. */
  readonly exec?:
    | (Pick<ExecHoldComponents, 'rulesFor' | 'uidsOf'> & {
        readonly openGate: (name: string, callbacks: ExecGateCallbacks) => ExecGate
      })
    | undefined
  /** Absent without a canary. */
  readonly drills?:
    | {
        /** Called after each drill, and at the start for the last one of an earlier run. */
        readonly onDrill: (outcome: DrillOutcome) => void
        readonly startCanary: (name: string, options: { signal: AbortSignal }) => Promise<Canary>
      }
    | undefined
}

export interface OpenedEnforcement {
  readonly enforcement: Enforcement
  /** Absent without a canary. @throws as `runDrill`. */
  readonly drill?: (() => Promise<StopOutcome>) | undefined
  close(): Promise<void>
}

/**
 * Reads which stops were in force when the daemon ended. A damaged file is set aside: the directory gives its stops again.
 *
 * @returns undefined where this system cannot stop processes.
 * @throws `STORE_FAILED` when the state folder cannot be read.
 */
export async function openEnforcement(
  components: OpenEnforcementComponents,
  init: { readonly stateFolder: string; readonly bootId: string },
): Promise<OpenedEnforcement | undefined> {
  const { clock, log, health, openFreezer } = components
  const { stateFolder: folder, bootId } = init
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 12)
  let freezer: Freezer
  try {
    freezer = openFreezer(name)
  } catch (error) {
    log.error('agents cannot be stopped on this device', { reason: describeError(error) })
    return undefined
  }
  const onSetAside = (path: string, cause: unknown) => {
    log.error('damaged state file set aside', { path, reason: describeError(cause) })
    health.raise('STATE_DAMAGED')
  }
  const file = stateFile(
    { clock, onSetAside },
    { folder, name: 'stops.json', reader: stopsReader, maxBytes: MAX_STOPS_BYTES },
  )
  const read = await file.read()
  // Processes of another boot are gone.
  const held = read?.bootId === bootId ? read.held : []
  const stops = { schema: 'surety/stops@1' as const, bootId, stops: read?.stops ?? [], held }
  if (stops.stops.length > 0)
    log.warn('stops are in force on this device', { stops: stops.stops.length, held: held.length })
  const exec = openExecHold(components, freezer, name)
  const save: EnforcementComponents['save'] = (next) => file.write(fitting(next))
  const enforcement = new RunningEnforcement({ ...components, exec, freezer, save }, stops)
  const { drills, boot, processes, enforcersFolder } = components
  const isEnforcing = () => enforcement.stops.length + enforcement.held.length > 0
  const closing = new AbortController()
  const watching =
    enforcersFolder &&
    watchOtherDaemons({ ...components, isEnforcing }, { folder: enforcersFolder, name }, { signal: closing.signal })
  const drilled = drillFile({ clock, log, onSetAside }, { folder })
  const lastDrill = await drilled.read()
  if (lastDrill !== undefined) drills?.onDrill(lastDrill)
  return {
    enforcement,
    drill:
      drills &&
      (() =>
        runDrill({
          clock,
          log,
          boot,
          processes,
          freezer,
          effects: new StopEffects(components),
          isExecHeld: exec !== undefined,
          startCanary: (options) => drills.startCanary(name, options),
          async onDrill(outcome) {
            await drilled.write(outcome)
            drills.onDrill(outcome)
          },
        })),
    async close() {
      closing.abort()
      await watching
      await exec?.[Symbol.asyncDispose]()
      freezer.close()
    },
  }
}

function openExecHold(
  { exec, ...components }: OpenEnforcementComponents,
  freezer: Freezer,
  name: string,
): ExecHold | undefined {
  if (exec === undefined) return undefined
  const openGate = (callbacks: ExecGateCallbacks) => exec.openGate(name, callbacks)
  try {
    return new ExecHold({ ...components, ...exec, freezer, openGate })
  } catch (error) {
    components.log.warn('programs cannot be held as they start', { reason: describeError(error) })
    return undefined
  }
}
