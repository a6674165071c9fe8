import type { Clock } from '../../base/clock.ts'
import { type AttestationResult, isStale } from '../../protocol/messages/attestation-result.ts'
import type { Status, StatusStops, Support, TrayShow } from '../../protocol/messages/control.ts'
import type { User } from '../../protocol/sighting.ts'
import type { TamperSign } from '../../protocol/tamper.ts'
import type { Current } from '../evidence/evidence-builder.ts'
import type { Health } from '../health/health.ts'
import { CHAIN_START } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { State } from '../state/state.ts'
import type { Caller } from './control-server.ts'

/** The directory as the stream last saw it. */
export interface DirectoryView {
  readonly connected: boolean
  readonly lastAcknowledgedAt: number | undefined
  readonly lastError: { readonly code: string; readonly message: string } | undefined
  /** The directory refused to enrol this device. */
  readonly refused: boolean
  /** The directory retired this device and has not welcomed it since. */
  readonly retired: boolean
  readonly result: AttestationResult | undefined
}

export interface StatusComponents {
  readonly clock: Clock
  readonly state: Pick<State, 'identity'>
  readonly spool: Pick<Spool, 'chain' | 'bytes'>
  readonly health: Health
  readonly current: () => Current
  readonly directory: () => DirectoryView
  /** Absent where nothing can be stopped. */
  readonly stops?: ((caller: Caller) => StatusStops) | undefined
  readonly tamperSigns?: () => readonly TamperSign[]
  readonly logWitness?: { readonly newest: NonNullable<Status['directory']['record']> | undefined }
  /** The directory's time. The times that it sent must be compared with this one. */
  readonly directoryTime: () => number | undefined
  /** Absent where newer versions come by packages alone. */
  readonly updates?: () => UpdatesShown | undefined
}

export interface StatusInit {
  readonly daemonVersion: string
  readonly support?: Support | undefined
  readonly trayShow?: TrayShow | undefined
}

/** Builds the status that `caller` may see. An ordinary user sees the device, and only their own sightings and sources. */
export function buildStatus(
  components: StatusComponents,
  { daemonVersion, support = {}, trayShow = 'always' }: StatusInit,
  caller: Caller,
): Status {
  const { clock, state, spool, health, current, directory, directoryTime, stops, updates } = components
  const { tamperSigns = () => [] } = components
  const { identity } = state
  const view = directory()
  const record = components.logWitness?.newest
  const time = directoryTime()
  const enrolment = enrolmentOf(state, view)
  const { inventory, findings, sightings, sources } = current()
  const mine = <T extends { readonly user?: User }>(items: readonly T[]) =>
    items.filter(({ user }) => caller.isRoot || user === undefined || user.id === caller.userId)
  return {
    schema: 'surety/status@1',
    daemonVersion,
    ...updatesOf(updates?.()),
    enrolment,
    ...(identity === undefined ? {} : { device: { id: identity.device, tier: identity.tier, epoch: identity.epoch } }),
    ...(enrolment === 'pending' && identity?.reEnrolment !== undefined ? { reEnrolment: identity.reEnrolment } : {}),
    directory: {
      ...(identity === undefined ? {} : { url: identity.pins.url }),
      connected: view.connected,
      ...(time === undefined ? {} : { time: Math.max(0, time) }),
      ...(view.lastAcknowledgedAt === undefined ? {} : { lastAcknowledgedAt: view.lastAcknowledgedAt }),
      ...(record === undefined ? {} : { record: { ...record } }),
      ...(view.lastError === undefined ? {} : { lastError: { ...view.lastError } }),
    },
    spool: spoolOf(spool),
    ...(view.result === undefined ? {} : { result: withStaleness(view.result, time ?? clock.now()) }),
    ...(inventory === undefined ? {} : { inventory }),
    findings: [...findings],
    sightings: mine(sightings),
    sources: mine(sources),
    health: [...health.warnings()],
    ...(tamperSigns().length === 0 ? {} : { tamperSigns: [...tamperSigns()] }),
    ...(stops === undefined ? {} : { stops: stops(caller) }),
    ...(Object.keys(support).length === 0 ? {} : { support: { ...support } }),
    ...(trayShow === 'always' ? {} : { tray: { show: trayShow } }),
    limitedToCaller: !caller.isRoot,
    time: Math.max(0, Math.trunc(clock.now())),
  }
}

type UpdatesShown = Omit<NonNullable<Status['updates']>, 'state'> & {
  readonly version: string
  readonly updates: NonNullable<Status['updates']>['state']
}

function updatesOf(shown: UpdatesShown | undefined): Pick<Status, 'updates'> {
  if (shown === undefined) return {}
  const { version: _, updates: state, ...rest } = shown
  return { updates: { state, ...rest } }
}

function enrolmentOf(
  { identity }: StatusComponents['state'],
  { refused, retired }: DirectoryView,
): Status['enrolment'] {
  if (refused) return 'refused'
  if (identity === undefined) return 'not-enrolled'
  if (retired) return 'retired'
  return identity.status
}

function spoolOf(spool: StatusComponents['spool']): Status['spool'] {
  const sequence = (spool.chain?.head ?? CHAIN_START).sequence
  const acknowledged = (spool.chain?.acknowledged ?? CHAIN_START).sequence
  return { sequence, acknowledged, waiting: Math.max(0, sequence - acknowledged), bytes: spool.bytes() }
}

/** Computed when read, so that a good verdict ends even if the directory is silent. */
function withStaleness(result: AttestationResult, now: number): AttestationResult {
  return isStale(result, now) ? { ...result, verdict: 'stale' } : result
}
