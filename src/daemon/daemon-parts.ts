import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Support, TrayShow } from '../protocol/messages/control.ts'
import type { DeviceLabel } from '../protocol/messages/frames.ts'
import type { ServiceEvents } from '../system/program/service-input.ts'
import type { LocalServer } from '../system/socket/local-socket.ts'
import type { OpenedAgentClaims } from './agent-claims/open-agent-claims.ts'
import type { CatalogueKeeper } from './catalogue/catalogue-keeper.ts'
import type { Collection, Collectors } from './collection/collection.ts'
import type { AcknowledgementCallbacks } from './collection/first-collection.ts'
import type { Schedules } from './collection/scheduled-jobs.ts'
import type { ControlServerComponents } from './control/control-server.ts'
import type { LastBatchView } from './control/last-batch.ts'
import type { EnrolmentSource } from './enrolment/enrolment-source.ts'
import type { EvidenceBuilder, EvidenceBuilderInit } from './evidence/evidence-builder.ts'
import type { GateKeeper, GateKeeperComponents } from './gate/gate-keeper.ts'
import type { Health } from './health/health.ts'
import type { DeviceKeys, DeviceKeysComponents } from './keys/device-keys.ts'
import type { GatePolicyKeeper } from './offers/gate-policy-keeper.ts'
import type { EnforcementParts } from './open-stops.ts'
import type { Phase, Phases } from './phase.ts'
import type { LogWitness } from './record/log-witness.ts'
import type { SettingsWatch, SettingsWatchComponents } from './settings/settings-watch.ts'
import type { Spool } from './spool/spool.ts'
import type { State } from './state/state.ts'
import type { Connect } from './stream/connection.ts'
import type { StreamClientInit } from './stream/stream-client.ts'
import type { StreamStatus } from './stream/stream-status.ts'
import type { TamperParts } from './tamper/tamper-watch.ts'
import type { OpenUpdates } from './updates/start-updates.ts'

/** The daemon without its choice of implementations. `daemon.ts` chooses them, and tests bring their own. */
export interface RunDaemonComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: () => number
  readonly openKeys: DeviceKeysComponents['open']
  readonly connect: Connect
  readonly collectors: Collectors
  readonly label: () => Promise<DeviceLabel>
  readonly boot: { id(): Promise<string>; uptimeMs(): number }
  readonly enrolment: EnrolmentSource
  /** Serves the local socket until disposed. */
  readonly serveControl?: (
    answers: Pick<
      ControlServerComponents,
      | 'status'
      | 'sightingsChanged'
      | 'refresh'
      | 'check'
      | 'lastBatch'
      | 'actions'
      | 'stops'
      | 'claims'
      | 'remove'
      | 'waitingSettings'
    >,
  ) => Promise<LocalServer>
  /** Absent where agents cannot be stopped. */
  readonly stops?: EnforcementParts
  /** Absent where no hooks of agents are answered. */
  readonly gate?: (parts: Pick<GateKeeperComponents, 'health' | 'evidence' | 'state' | 'streamStatus'>) => GateKeeper
  /** Absent where no directory may replace the catalogue of agents. */
  readonly catalogue?: Pick<CatalogueKeeper, 'open' | 'wants' | 'received'>
  /** Absent where nothing asks the gate, as in most tests. */
  readonly gatePolicy?: Pick<GatePolicyKeeper, 'open' | 'wants' | 'received'>
  /** Absent where the daemon does not look for tamper signs, as in most tests. */
  readonly tamper?: TamperParts
  /** Absent where settings are not read from anywhere, as in most tests. */
  readonly settings?:
    | ((parts: Pick<SettingsWatchComponents, 'health' | 'isBusy'>) => Promise<SettingsWatch>)
    | undefined
  /** Sleep and sessions, as the service host announces them. */
  readonly serviceEvents?: ServiceEvents | undefined
  /** Absent where newer versions come by packages alone. */
  readonly updates?: OpenUpdates
  readonly onPhase?: (phase: Phase) => void
  /** Gives memory of the first collection back to the system. */
  readonly releaseMemory?: () => void
  /** Gives memory back to the system, when there is much. */
  readonly releaseMuchMemory?: () => void
}

export interface RunDaemonInit {
  readonly stateFolder: string
  readonly spoolBytes: number
  readonly version: string
  readonly schedules: Schedules
  readonly support?: Support
  readonly trayShow?: TrayShow
  readonly stream?: StreamClientInit
  readonly evidence?: EvidenceBuilderInit
}

export interface DaemonParts {
  readonly components: RunDaemonComponents
  readonly init: RunDaemonInit
  readonly health: Health
  readonly state: State
  readonly spool: Spool
  readonly keys: DeviceKeys
  readonly evidence: EvidenceBuilder
  readonly collection: Collection
  readonly streamStatus: StreamStatus
  readonly phases: Phases
  readonly onPhase: (phase: Phase) => void
  /** Resolves at the first attestation of this run. */
  readonly attested: Promise<void>
  readonly acknowledgements: AcknowledgementCallbacks
  readonly agentClaims: OpenedAgentClaims
  readonly logWitness: LogWitness
  readonly lastBatch: LastBatchView
  /** Dispatches `recovered` when a key that failed works again. */
  readonly keyEvents: EventTarget
}
