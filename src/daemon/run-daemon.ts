import { randomBytes } from 'node:crypto'
import { untilAborted } from '../base/clock.ts'
import { runTogether } from '../base/run-together.ts'
import { WakeUp } from '../base/wake-up.ts'
import { openAgentClaims } from './agent-claims/open-agent-claims.ts'
import { createClockCheck } from './clock/clock-check.ts'
import { checkNow } from './collection/check-now.ts'
import { createCollection } from './collection/collection.ts'
import { AcknowledgementCallbacks, runFirstCollection } from './collection/first-collection.ts'
import { followProcesses, rescanAfterEachScan } from './collection/follow-processes.ts'
import { followServiceEvents } from './collection/follow-service-events.ts'
import { attestInBackground, scheduledJobs } from './collection/scheduled-jobs.ts'
import type { ControlServerComponents } from './control/control-server.ts'
import { LastBatchView } from './control/last-batch.ts'
import { buildStatus } from './control/status.ts'
import type { DaemonParts, RunDaemonComponents, RunDaemonInit } from './daemon-parts.ts'
import { localStops, stopsFor } from './enforcement/local-stops.ts'
import type { OpenedEnforcement } from './enforcement/open-enforcement.ts'
import { hurried, stopOrders } from './enforcement/stop-orders.ts'
import { type ChainWriter, createChainWriter } from './evidence/chain-writer.ts'
import { createEvidenceBuilder, type EvidenceBuilder } from './evidence/evidence-builder.ts'
import type { GateKeeper } from './gate/gate-keeper.ts'
import { createHealth } from './health/health.ts'
import { clearKeyWarnings } from './health/key-health.ts'
import { createDeviceKeys } from './keys/device-keys.ts'
import { handleKeyFailure, openEvidenceKey } from './keys/evidence-key.ts'
import { openStops } from './open-stops.ts'
import { openStorage } from './open-storage.ts'
import { createOrderHandler } from './orders/order-handler.ts'
import { type Phase, Phases } from './phase.ts'
import { openLogWitness } from './record/log-witness.ts'
import { runSchedule } from './schedule/run-schedule.ts'
import { localStateOf } from './stream/local-state.ts'
import { createStreamClient, type StreamClient } from './stream/stream-client.ts'
import { StreamStatus } from './stream/stream-status.ts'
import { reportRemoval } from './tamper/report-removal.ts'
import { openTamperWatch } from './tamper/tamper-watch.ts'
import { startUpdates } from './updates/start-updates.ts'

/**
 * Runs until `signal` aborts, and then ends all parts cleanly.
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
  const storage = await openStorage(
    { clock, log, health, serveControl },
    { stateFolder: init.stateFolder, maxBytes: init.spoolBytes, version: init.version },
    { signal },
  )
  if (storage === undefined) return
  const { state } = storage
  using spool = storage.spool
  const root = state.identity?.pins.root
  const { stateFolder } = init
  for (const keeper of [components.catalogue, components.gatePolicy]) {
    await keeper?.open({ health }, { stateFolder, root })
  }
  const phases = new Phases(components.onPhase)
  const onPhase = (phase: Phase) => phases.reach(phase)
  await using keys = createDeviceKeys({
    log,
    health,
    open: components.openKeys,
    onOpened: ({ name }) => onPhase({ phase: 'keys', kind: name }),
  })
  const keyEvents = new EventTarget()
  const onSigned = () => {
    if (clearKeyWarnings(health)) keyEvents.dispatchEvent(new Event('recovered'))
  }
  const lastBatch = new LastBatchView()
  const chainWriter = createChainWriter({
    clock,
    spool,
    boot: components.boot,
    key: (options) => openEvidenceKey({ keys, state, health, onSigned }, options),
  })
  const writer: ChainWriter = {
    async write(claims, options) {
      const batch = await chainWriter.write(claims, options)
      lastBatch.wrote(claims)
      return batch
    },
  }
  evidence = createEvidenceBuilder({ clock, log, health, spool, writer, state }, init.evidence)
  evidence.reportHealth(health.warnings())
  const collection = createCollection({ log, health, collectors: components.collectors, evidence })
  const attested = Promise.withResolvers<void>()
  const streamStatus = new StreamStatus({
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
      // The key has just signed.
      clearKeyWarnings(health)
      const { device, epoch, tier } = identity
      onPhase({ phase: 'enrolled', device, epoch, tier })
      onPhase({ phase: 'attested' })
      attested.resolve()
      // The chain may have begun.
      evidence?.wake()
    },
  })
  const logWitness = await openLogWitness({ clock, log, health, evidence }, init)
  const agentClaims = await openAgentClaims({ clock, log, health, state, evidence }, init)
  const acknowledgements = new AcknowledgementCallbacks()
  acknowledgements.add((spool.chain?.head.sequence ?? 0) + 1, () => onPhase({ phase: 'acknowledged' }))
  await runParts(
    {
      components,
      init,
      health,
      state,
      spool,
      keys,
      evidence,
      collection,
      streamStatus,
      phases,
      onPhase,
      attested: attested.promise,
      acknowledgements,
      agentClaims,
      logWitness,
      keyEvents,
      lastBatch,
    },
    signal,
  )
}

async function runParts(parts: DaemonParts, signal: AbortSignal): Promise<void> {
  const { components, init, health, state, evidence, collection, streamStatus } = parts
  const { clock, log, random, serveControl, serviceEvents } = components
  const clockCheck = createClockCheck({ ...components, health, onCorrected: () => stream.retryNow() })
  const { directoryTime } = clockCheck
  await using stops = await openStops({ ...components, ...parts, directoryTime }, init)
  const { enforcement } = stops
  await using tamper = await openTamperWatch({ ...parts, ...components, ...clockCheck }, init)
  const updates = await startUpdates({ ...parts, directoryTime, open: components.updates }, init)
  const gate = components.gate?.(parts)
  const { stream, orders } = connectParts(parts, clockCheck, stops, gate)
  const ended = new AbortController()
  const running = AbortSignal.any([signal, ended.signal])
  const refresh = () => {
    attestInBackground({ log, stream }, 'order')
    collection.all({ signal: running }).catch(() => undefined)
  }
  const status = (caller: Parameters<ControlServerComponents['status']>[0]) =>
    buildStatus(
      {
        ...parts,
        clock,
        current: () => evidence.current,
        directory: () => streamStatus.view,
        directoryTime,
        tamperSigns: () => tamper?.signs ?? [],
        stops: enforcement && ((who) => stopsFor({ enforcement }, who)),
        updates: () => updates?.view(),
      },
      { daemonVersion: init.version, support: init.support, trayShow: init.trayShow },
      caller,
    )
  const settings = await components.settings?.({
    health,
    isBusy: () =>
      state.progress.open.length > 0 ||
      state.isFailing ||
      stream.isEnrolling ||
      enforcement?.isBusy === true ||
      updates?.view().updates === 'trial',
  })
  await using control = await serveControl?.({
    status,
    refresh,
    waitingSettings: settings && (() => settings.waiting()),
    check: (options) => checkNow({ ...parts, clock }, { signal: AbortSignal.any([running, options.signal]) }),
    lastBatch: (caller) => parts.lastBatch.for(caller),
    actions: (caller) => parts.lastBatch.actions(caller),
    claims: parts.agentClaims,
    ...(tamper === undefined
      ? {}
      : { remove: (act, options) => reportRemoval({ ...parts, clock, tamper }, act, options) }),
    sightingsChanged: (options) => evidence.nextObservation(options),
    ...(enforcement === undefined || components.stops === undefined
      ? {}
      : {
          stops: localStops({
            enforcement,
            agents: components.stops.agents,
            now: () => clock.now(),
            random: randomBytes,
            report: (event) => evidence.reportStopEvent(event),
          }),
        }),
  })
  if (control?.peersKnown === false) health.raise('ADDON_UNAVAILABLE')
  const jobs = scheduledJobs({ ...components, collection, stream, updates, settings }, init.schedules)
  const resumed = new WakeUp()
  const scheduled = {
    clock,
    log,
    random,
    jobs,
    ...(serviceEvents === undefined ? {} : { resumed }),
    onResume: () => attestInBackground({ log, stream }, 'resume'),
    onClockSetBack: () => stream.retryNow(),
    onWake: clockCheck.check,
  }
  try {
    await runTogether(
      [
        (options) => state.run(options),
        (options) => evidence.run(options),
        (options) => stream.run(options),
        (options) => orders.run(options),
        (options) => enforcement?.run(options) ?? untilAborted(options),
        (options) => updates?.run(options) ?? untilAborted(options),
        (options) => gate?.run(options) ?? untilAborted(options),
        (options) => runFirstCollection({ ...components, ...parts }, options),
        (options) => runSchedule(scheduled, options),
        (options) => followProcesses({ clock, collection }, options),
        (options) => followServiceEvents({ clock, log, collection, resumed, events: serviceEvents }, options),
        (options) => tamper?.run(options) ?? untilAborted(options),
        (options) => rescanAfterEachScan({ evidence, collection }, options),
      ],
      { signal },
    )
  } finally {
    ended.abort()
  }
}

function connectParts(
  parts: DaemonParts,
  clockCheck: ReturnType<typeof createClockCheck>,
  { enforcement, drill }: Partial<Pick<OpenedEnforcement, 'enforcement' | 'drill'>>,
  gate: GateKeeper | undefined,
) {
  const { components, init, state, spool, keys, evidence, collection, streamStatus, health } = parts
  const { clock, log } = components
  const stream: StreamClient = createStreamClient(
    {
      ...components,
      state,
      spool,
      observer: streamStatus,
      proof: (identity, options) => keys.proof(identity, options),
      proofToEnrol: (options) => keys.proofToEnrol({ ...options, unbound: state.identity === undefined }),
      recordGap: (gap, options) => evidence.recordGap(gap, options),
      reportAllAgain: () => evidence.reportAllAgain(),
      localState: () => localStateOf(state, spool),
      onTime: clockCheck.setDirectoryTime,
      orders: {
        welcomed: (welcomed) => orders.welcomed(welcomed),
        received: (compact, directoryKeys) => orders.received(compact, directoryKeys),
      },
      onAcknowledged({ position, time }) {
        streamStatus.acknowledged(time)
        parts.acknowledgements.acknowledged(position.sequence)
        const { chain } = spool
        if (chain !== undefined && chain.acknowledged.sequence >= chain.floor.sequence) health.clear('SPOOL_FULL')
      },
      onResult: (result) => streamStatus.result(result),
      onClaimDecisions: parts.agentClaims.decided,
      logWitness: parts.logWitness,
    },
    init.stream,
  )
  parts.keyEvents.addEventListener('recovered', () => stream.retryNow())
  const orders = createOrderHandler({
    clock,
    log,
    state,
    health,
    act: {
      async attest() {
        await stream.attest('order')
        return undefined
      },
      async collect(_, options) {
        await collection.all(options)
        return undefined
      },
      approval: gate && ((order) => gate.decided(order)),
      ...stopOrders(enforcement, { now: () => clock.now(), drill }),
    },
    ...(enforcement === undefined ? {} : { hurry: () => hurried(enforcement) }),
    async answer(receipt, options) {
      const written = evidence.reportReceipt(receipt, options)
      // People wait for it.
      if (receipt.stop !== undefined) evidence.flush()
      await written
    },
  })
  return { stream, orders }
}
