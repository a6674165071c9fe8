import { type Clock, orAborted } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { runTogether } from '../base/run-together.ts'
import type { DeviceLabel } from '../protocol/frames.ts'
import type { LocalServer } from '../system/socket/local-socket.ts'
import type { CatalogueKeeper } from './catalogue/catalogue-keeper.ts'
import { createClockCheck } from './clock/clock-check.ts'
import { type Collection, type Collectors, createCollection } from './collection/collection.ts'
import { firstCollection } from './collection/first-collection.ts'
import { attestSoon, jobsOf, type Schedules } from './collection/jobs.ts'
import { Milestones, onceEach } from './collection/milestones.ts'
import { lookOnChange } from './collection/scan-on-change.ts'
import type { ControlServerComponents } from './control/control-server.ts'
import { buildStatus } from './control/status.ts'
import type { EnrolmentSource } from './enrolment/enrolment-source.ts'
import { createChainWriter } from './evidence/chain-writer.ts'
import { createEvidenceBuilder, type EvidenceBuilder, type EvidenceBuilderInit } from './evidence/evidence-builder.ts'
import { createHealth, type Health } from './health/health.ts'
import { clearKeyWarnings } from './health/key-health.ts'
import { createDeviceKeys, type DeviceKeys, type DeviceKeysComponents } from './keys/device-keys.ts'
import { handleKeyFailure, openEvidenceKey } from './keys/evidence-key.ts'
import { openDurable } from './open-durable.ts'
import { createOrderHandler } from './orders/order-handler.ts'
import { runSchedule } from './schedule/run-schedule.ts'
import { CHAIN_START, type ChainPosition } from './spool/chain.ts'
import type { Spool } from './spool/spool.ts'
import type { State } from './state/state.ts'
import type { Connect } from './stream/connection.ts'
import { createStreamClient, type StreamClient, type StreamClientInit } from './stream/stream-client.ts'
import { WatchedStream } from './stream/stream-watch.ts'

/** The daemon without its choice of implementations: `daemon.ts` makes it whole, tests bring their own parts. */
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
    answers: Pick<ControlServerComponents, 'status' | 'sightingsChanged' | 'refresh'>,
  ) => Promise<LocalServer>
  /** Absent where no directory replaces the catalogue of agents. */
  readonly catalogue?: Pick<CatalogueKeeper, 'open' | 'wants' | 'received'>
  readonly onPhase?: (phase: Phase) => void
  /** Gives back what a whole collection needed and nothing needs any more. */
  readonly releaseMemory?: () => void
  /** The same, where there is much to give back. */
  readonly releaseMuchMemory?: () => void
}

/** What has been reached, the first time in this run. */
export type Phase =
  | { readonly phase: 'keys'; readonly kind: string }
  | { readonly phase: 'enrolled'; readonly device: string; readonly epoch: number; readonly tier: string }
  /** `attested`: authenticated. `collected`: all of the first collection is in the spool. `acknowledged`: the first evidence of this run is at the directory; `complete`: all that was collected. */
  | { readonly phase: 'attested' | 'collected' | 'acknowledged' | 'complete' }

export interface RunDaemonInit {
  readonly stateFolder: string
  readonly spoolBytes: number
  readonly version: string
  readonly schedules: Schedules
  readonly stream?: StreamClientInit
  readonly evidence?: EvidenceBuilderInit
}

interface Parts {
  readonly components: RunDaemonComponents
  readonly init: RunDaemonInit
  readonly health: Health
  readonly state: State
  readonly spool: Spool
  readonly keys: DeviceKeys
  readonly evidence: EvidenceBuilder
  readonly collection: Collection
  readonly watch: WatchedStream
  readonly reached: (phase: Phase) => void
  readonly attested: Promise<void>
  readonly acknowledged: Milestones
  /** Dispatches `back` when keys that failed work again. */
  readonly keysBack: EventTarget
}

/**
 * Runs until `signal` aborts; what runs is then ended cleanly.
 *
 * @throws `STORE_FAILED` when the state folder cannot be trusted, `CONFIG_INVALID`, and what `serveControl` throws.
 */
export async function runDaemon(
  components: RunDaemonComponents,
  init: RunDaemonInit,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { clock, log } = components
  let evidence: EvidenceBuilder | undefined
  const health = createHealth({ clock, onChange: (warnings) => evidence?.reportHealth(warnings) })
  const { serveControl } = components
  const durable = await openDurable(
    { clock, log, health, serveControl },
    { stateFolder: init.stateFolder, maxBytes: init.spoolBytes, version: init.version },
    { signal },
  )
  if (durable === undefined) return
  const { state } = durable
  using spool = durable.spool
  const root = state.identity?.pins.root
  await components.catalogue?.open({ health }, { stateFolder: init.stateFolder, root })
  const reached = onceEach(components.onPhase)
  await using keys = createDeviceKeys({
    log,
    health,
    open: components.openKeys,
    onOpened: ({ name }) => reached({ phase: 'keys', kind: name }),
  })
  const keysBack = new EventTarget()
  const onSigned = () => {
    if (clearKeyWarnings(health)) keysBack.dispatchEvent(new Event('back'))
  }
  const writer = createChainWriter({
    clock,
    spool,
    boot: components.boot,
    key: (options) => openEvidenceKey({ keys, state, health, onSigned }, options),
  })
  evidence = createEvidenceBuilder({ clock, log, health, spool, writer, state }, init.evidence)
  evidence.reportHealth(health.warnings())
  const collection = createCollection({ log, health, collectors: components.collectors, evidence })
  const attested = Promise.withResolvers<void>()
  const watch = new WatchedStream({
    clock,
    log,
    health,
    isEnrolled: () => state.identity !== undefined,
    onKeyFailure(code) {
      void handleKeyFailure({ keys, health }, code).catch(() => undefined)
    },
    onWelcomed() {
      const { identity } = state
      if (identity === undefined) return
      // It has just signed.
      clearKeyWarnings(health)
      const { device, epoch, tier } = identity
      reached({ phase: 'enrolled', device, epoch, tier })
      reached({ phase: 'attested' })
      attested.resolve()
      // There is a chain now, if there was none.
      evidence?.wake()
    },
  })
  const acknowledged = new Milestones()
  acknowledged.at((spool.chain?.head.sequence ?? 0) + 1, () => reached({ phase: 'acknowledged' }))
  await runParts(
    {
      ...{ components, init, health, state, spool, keys, evidence, collection, watch, reached, acknowledged },
      ...{ attested: attested.promise, keysBack },
    },
    signal,
  )
}

async function runParts(parts: Parts, signal: AbortSignal): Promise<void> {
  const { components, init, health, state, evidence, collection, watch } = parts
  const { clock, log, random, serveControl } = components
  const { stream, orders, clockCheck } = connectParts(parts)
  const ended = new AbortController()
  const running = AbortSignal.any([signal, ended.signal])
  const refresh = () => {
    attestSoon({ log, stream }, 'order')
    collection.all({ signal: running }).catch(() => undefined)
  }
  const status = (caller: Parameters<ControlServerComponents['status']>[0]) =>
    buildStatus(
      {
        ...{ ...parts, clock },
        current: () => evidence.current,
        directory: () => watch.view,
        directoryTime: clockCheck.directoryTime,
      },
      { daemonVersion: init.version },
      caller,
    )
  await using control = await serveControl?.({
    status,
    refresh,
    sightingsChanged: (options) => evidence.observed(options),
  })
  if (control?.peersKnown === false) health.raise('ADDON_UNAVAILABLE')
  const jobs = jobsOf({ ...components, collection, stream }, init.schedules)
  const scheduled = {
    ...{ clock, log, random, jobs },
    onResume: () => attestSoon({ log, stream }, 'resume'),
    onClockSetBack: () => stream.nudge(),
    onWake: clockCheck.check,
  }
  try {
    await runTogether(
      [
        (options) => state.run(options),
        (options) => evidence.run(options),
        (options) => stream.run(options),
        (options) => orders.run(options),
        (options) => firstCollection({ ...components, ...parts }, options),
        (options) => runSchedule(scheduled, options),
        (options) => followProcesses(parts, options),
        (options) => readAgain(parts, options),
      ],
      { signal },
    )
  } finally {
    ended.abort()
  }
}

/** Where the system tells of processes, what changes is looked at when it does; the schedule finds the rest. */
async function followProcesses({ components, collection }: Parts, { signal }: { signal: AbortSignal }): Promise<void> {
  const { watch, look } = collection
  if (watch === undefined) return await orAborted(new Promise<never>(() => undefined), signal)
  await lookOnChange({ clock: components.clock, watch, look }, { signal })
}

/** After each look, for what ran in it or before it. */
async function readAgain({ evidence, collection }: Parts, { signal }: { signal: AbortSignal }): Promise<void> {
  while (!signal.aborted) {
    await evidence.observed({ signal })
    await collection.servers({ signal })
    await collection.profiles({ signal })
  }
}

function connectParts(parts: Parts) {
  const { components, init, state, spool, keys, evidence, collection, watch, health, acknowledged, keysBack } = parts
  const { clock, log } = components
  const clockCheck = createClockCheck({ ...components, health, onCorrected: () => stream.nudge() })
  const stream: StreamClient = createStreamClient(
    {
      ...components,
      state,
      spool,
      watch,
      proof: (identity, options) => keys.proof(identity, options),
      proofToEnrol: (options) => keys.proofToEnrol({ ...options, unbound: state.identity === undefined }),
      tellGap: (gap, options) => evidence.tellGap(gap, options),
      tellAnew: () => evidence.tellAnew(),
      standing: () => standingOf(state, spool),
      onTime: clockCheck.setDirectoryTime,
      orders: {
        welcomed: (welcomed) => orders.welcomed(welcomed),
        received: (compact, directoryKeys) => orders.received(compact, directoryKeys),
      },
      onAcknowledged({ position, time }: { position: ChainPosition; time: number }) {
        watch.acknowledged(time)
        acknowledged.reached(position.sequence)
        const { chain } = spool
        if (chain !== undefined && chain.acknowledged.sequence >= chain.floor.sequence) health.clear('SPOOL_FULL')
      },
      onResult: (result) => watch.result(result),
    },
    init.stream,
  )
  keysBack.addEventListener('back', () => stream.nudge())
  const orders = createOrderHandler({
    clock,
    log,
    state,
    health,
    act: {
      attest: () => stream.attest('order'),
      collect: (_, options) => collection.all(options),
      freeze: undefined,
      release: undefined,
      retire: undefined,
    },
    answer: (receipt, options) => evidence.reportReceipt(receipt, options),
  })
  return { stream, orders, clockCheck }
}

function standingOf(state: State, spool: Spool) {
  const { head, posture } = spool.chain ?? { head: CHAIN_START, posture: CHAIN_START.hash }
  return { head, posture, order: state.progress.order, receipt: spool.acknowledgement() }
}
