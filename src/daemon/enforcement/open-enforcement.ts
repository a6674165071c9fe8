import { createHash } from 'node:crypto'
import { describeError } from '../../base/errors.ts'
import type { Freezer } from '../../system/freezer/freezer.ts'
import type { Health } from '../health/health.ts'
import { stateFile } from '../state/state-file.ts'
import { type Enforcement, type EnforcementComponents, RunningEnforcement } from './enforcement.ts'
import { MAX_STOPS_BYTES, stopsReader } from './stops-file.ts'

export interface OpenEnforcementComponents extends Omit<EnforcementComponents, 'freezer' | 'save'> {
  readonly health: Health
  readonly openFreezer: (name: string) => Freezer
}

/**
 * Reads what stood when the daemon ended. A damaged file is set aside: the directory gives its stops again.
 *
 * @returns undefined where this system cannot stop processes.
 * @throws `STORE_FAILED` when the state folder cannot be read.
 */
export async function openEnforcement(
  components: OpenEnforcementComponents,
  init: { readonly stateFolder: string; readonly bootId: string },
): Promise<{ readonly enforcement: Enforcement; close(): void } | undefined> {
  const { clock, log, health, openFreezer } = components
  const { stateFolder: folder, bootId } = init
  let freezer: Freezer
  try {
    freezer = openFreezer(createHash('sha256').update(folder).digest('hex').slice(0, 12))
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
  if (stops.stops.length > 0) log.warn('stops stand on this device', { stops: stops.stops.length, held: held.length })
  const enforcement = new RunningEnforcement({ ...components, freezer, save: (next) => file.write(next) }, stops)
  return { enforcement, close: () => freezer.close() }
}
