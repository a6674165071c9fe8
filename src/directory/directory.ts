import { randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describeError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { publicKeyCache } from '../crypto/public-key-cache.ts'
import { LIMITS } from '../protocol/limits.ts'
import { sweepLeftovers } from '../system/files/own/quarantine.ts'
import { spreadsConnections } from '../system/platform/this-platform.ts'
import { collectEagerly } from '../system/program/v8-memory.ts'
import { evaluationRoutes } from './access/evaluation-routes.ts'
import { allRoutes } from './all-routes.ts'
import { startWorkers } from './all-workers.ts'
import { type Authority, openAuthority, type TlsCredentials } from './authority/authority.ts'
import { type AnchorSource, anchorSource, keepAnchorsRead } from './authority/keep-anchors-read.ts'
import { keepRenewed } from './authority/keep-renewed.ts'
import { recogniseRestore } from './backups/restores.ts'
import { servingNoDevice, startStandIns } from './demonstration/start-stand-ins.ts'
import type { DirectoryComponents, DirectoryInit } from './directory-init.ts'
import { ceremony } from './enrolment/ceremony.ts'
import { enrol } from './enrolment/enrol.ts'
import { refusedEnrolments } from './enrolment/refused-enrolments.ts'
import { finishBatches } from './evidence/finish-batches.ts'
import { type Ingest, ingest } from './evidence/ingest.ts'
import { restoreDetector } from './evidence/restored-from-backup.ts'
import { openVerifiers, type Verifiers } from './evidence/verifiers.ts'
import type { Route } from './http/route.ts'
import { inFlightLimiter } from './ingress/in-flight-limiter.ts'
import { listenForDevices } from './ingress/listener.ts'
import { reconnectLimiter } from './ingress/reconnect-limiter.ts'
import { reception } from './ingress/session.ts'
import type { SessionComponents, SessionInit } from './ingress/session-components.ts'
import { prepareDataFolder } from './local/data-folder.ts'
import { type MessageServices, messageServices } from './message-services.ts'
import { recordForWitness } from './record/for-witnesses.ts'
import { readOutlets } from './record/forwarding/read-outlet.ts'
import type { LogKey } from './record/log-key.ts'
import { openLog } from './record/open-log.ts'
import { enterPast } from './record/sequencer.ts'
import { tileRoutes } from './record/tile-routes.ts'
import { lastSeenBy } from './record/witnesses/last-seen.ts'
import { readWitness } from './record/witnesses/witness-client.ts'
import { scimRoutes } from './scim/routes.ts'
import { type BaseComponents, openServices, type Services } from './services.ts'
import { sqliteDatabase } from './sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from './store/directory-store.ts'
import { isInUse, openStore } from './store/open-store.ts'
import { keepFresh } from './updates/keep-fresh.ts'
import { updatePlaces } from './updates/places.ts'
import { repositoryServer } from './updates/serve-repository.ts'
import { ownProcessUse, watchingRoutes } from './watching/routes.ts'
import { openWebhookServices } from './webhook-services.ts'
import { Changes } from './workers/changes.ts'

/** Puts the directory together. Only this file, `services.ts` and `all-workers.ts` choose implementations. */

/** A running directory. Disposing of it closes the connections and commits queued evidence. */
export interface Directory extends AsyncDisposable {
  /** `wss://name:port` of the devices' listener. */
  readonly devicesUrl: string
  readonly devicesPort: number
  /** SHA-256 of the SubjectPublicKeyInfo of CA and root, base64url. */
  readonly pins: Authority['pins']
  /** PEM. Renewed together with the TLS credentials. */
  readonly caCertificate: string
  /** For the administrators' listener. */
  tls(): TlsCredentials
  /** Calls `renewed` when `tls()` returns new credentials, and again after a minute if a callback failed. */
  onTlsRenewed(renewed: () => void | Promise<void>): void
  /** What administrators ask for. */
  readonly services: Services
  readonly messaging: Pick<MessageServices, 'setConsole'>
  /** The routes of the administrators' API. */
  readonly routes: readonly Route[]
  /** The routes of SCIM and of the Authorization API, on the same listener. */
  readonly scim: readonly Route[]
  readonly evaluation: readonly Route[]
  /** Routes at the root of the administrators' listener: health, metrics and the log of the record. */
  readonly atRoot: readonly Route[]
  /** Those of them that have the record as a log. */
  readonly tlog: readonly Route[]
  readonly store: DirectoryStore
  /** Aborted if the store failed. The directory then accepts nothing and must be disposed of. */
  readonly failure: AbortSignal
  /** Connected devices. */
  readonly connected: number
  isConnected(device: string): boolean
}

/** Parsed keys of recently active devices, about 5 KB each. */
const CACHED_KEYS = 512
/** PCRs 0 to 7: firmware, boot loader and their settings, Secure Boot; 11: unified kernel image; 14: shim. */
const QUOTED_PCRS = [0, 1, 2, 3, 4, 5, 6, 7, 11, 14] as const

const NO_MAKERS =
  'without certificates of TPM makers no device can use a default token (minimum tier tpm-attested): add them with surety-directory anchors add FILE, or make tokens with --minimum-tier'

/**
 * Opens the data folder, makes what is missing there, and listens for devices.
 *
 * @throws `STORE_*`, `KEY_*`, `NOT_PERMITTED`, `DELEGATION_REFUSED`, and the system's error for an address in use.
 */
export async function startDirectory(
  components: DirectoryComponents,
  init: DirectoryInit,
  { signal }: { signal: AbortSignal },
): Promise<Directory> {
  const { log } = components
  const random = components.random ?? ((bytes: number) => new Uint8Array(randomBytes(bytes)))
  const parts = { ...components, random }
  await using opened = new AsyncDisposableStack()
  const warnIfOpened = await prepareDataFolder(init.dataFolder)
  warnIfOpened(log)
  sweepLeftovers(init.dataFolder)
  const anchors = await anchorSource(parts, init.trustAnchorsFolder)
  const failed = new AbortController()
  const database = openStore(join(init.dataFolder, 'directory.sqlite'), {
    onFailure(error) {
      log.error('the store failed: the directory ends', { code: error.code, error: error.message })
      failed.abort(error)
    },
  })
  opened.defer(() => database.close())
  const mayFound = !isInUse(database)
  const authority = await openAuthority(parts, { ...init, mayFound })
  signal.throwIfAborted()

  const limits = { ...LIMITS, ...init.limits }
  const store = directoryStore(sqliteDatabase(database))
  const base = { ...parts, changes: new Changes(store.afterCommit) }
  const recordWitnesses = (init.recordWitnesses ?? []).map(readWitness)
  const following = { recordWitnesses, outlets: readOutlets(init.recordForward ?? [], hostname()) }
  const lastSeen = (checkpoint: string) => lastSeenBy(recordWitnesses, checkpoint, signal)
  const logKey = await openLog(
    { ...base, store, lastSeen },
    { ...init, origin: init.recordOrigin, token: init.recordToken, mayFound },
  )
  opened.defer(() => logKey.close?.())
  await enterPast({ ...base, store })
  await recogniseRestore({ ...base, store })
  const services = await openServices({ ...base, authority, anchors, store }, init)
  opened.use(services.liveStream)
  const hooks = await openWebhookServices({ ...base, store }, { privateAddresses: false, ...init, ...init.webhooks })
  const isConnected = (device: string) => services.live.get(device) !== undefined
  const demonstration = await store.demonstration.get()
  const receivers = { privateAddresses: false, ...init.webhooks }
  const messaging = messageServices(
    { ...base, ...services, store },
    // Its people are made up.
    { ...receivers, messages: demonstration === undefined ? init.messages : undefined },
  )
  base.changes.on('claims', (device) => {
    services.claims
      .arrived(device)
      .catch((error) => log.error('decisions could not be sent again', { device, error: describeError(error) }))
  })
  base.changes.on('receipts', (device) => services.stopOrders.check([device]))
  await finishBatches({ ...base, results: services.results, store })
  const queue = ingest(
    {
      ...base,
      ...services,
      store,
      onUnexpectedError: services.misbehaviour.onUnexpectedError,
    },
    { quotaBytes: limits.evidenceQuotaBytes },
  )
  opened.use(queue)
  const verifying = await openVerifiers(base, queue)
  opened.use(verifying)
  const given = sessionComponents({ ...base, authority, anchors, store, services, queue, verifying, logKey }, init)
  const session = demonstration === undefined ? given : servingNoDevice(given)
  const sessionInit: SessionInit = { ...limits, ...init.devices, attestEveryMs: init.attestEveryMs, pcrs: QUOTED_PCRS }
  const repository = updatePlaces({ data: init.dataFolder })
  const serveFile = repositoryServer({ ...repository, ...limits }).serve
  const listener = await listenForDevices(
    { ...base, tls: () => authority.tls(), reception: reception(session, sessionInit), serveFile },
    { ...init.devices, ...limits, spreadsConnections: spreadsConnections() },
  )
  opened.use(listener)
  if (demonstration !== undefined) opened.use(await startStandIns({ ...base, ...services, store }, demonstration))
  opened.use(startWorkers({ ...base, ...following, store, services, hooks, messaging, logKey }, init))
  const onRenewed: (() => void | Promise<void>)[] = [() => listener.renewCredentials()]
  const renewed = async () => {
    for (const call of onRenewed) await call()
  }
  const stopped = new AbortController()
  const maintenance = keepRenewed({ ...base, authority, renewed }, { signal: stopped.signal })
  const anchorsRead = keepAnchorsRead({ ...base, anchors }, { signal: stopped.signal })
  const fresh = keepFresh(base, repository, { signal: stopped.signal })
  opened.defer(async () => {
    stopped.abort()
    await Promise.all([maintenance, anchorsRead, fresh])
  })

  const devicesUrl = init.devices.url ?? urlOf(init.names[0] ?? init.devices.host, listener.port)
  services.setUrl(devicesUrl)
  log.info('the directory listens for devices', { url: devicesUrl, trustAnchors: anchors.current.count })
  if (!anchors.current.knowsMakers) log.warn(NO_MAKERS)
  const connected = () => services.live.size
  const tlog = tileRoutes({ store })
  const owned = opened.move()
  return {
    devicesUrl,
    devicesPort: listener.port,
    pins: authority.pins,
    get caCertificate() {
      return authority.caCertificate
    },
    tls: () => authority.tls(),
    onTlsRenewed: (call) => {
      onRenewed.push(call)
    },
    services,
    messaging,
    routes: allRoutes({
      ...base,
      ...following,
      ...services,
      ...hooks,
      ...messaging,
      store,
      authority,
      logKey,
      isConnected,
    }),
    scim: scimRoutes(services),
    evaluation: evaluationRoutes({ ...base, ...services, store, authority, isConnected }),
    tlog,
    atRoot: [
      ...watchingRoutes({
        ...base,
        store,
        version: VERSION,
        processUse: ownProcessUse,
        connected,
        hasFailed: () => failed.signal.aborted,
      }),
      ...tlog,
    ],
    store,
    failure: failed.signal,
    get connected() {
      return services.live.size
    },
    isConnected,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function sessionComponents(
  parts: BaseComponents & {
    readonly authority: Authority
    readonly anchors: AnchorSource
    readonly store: DirectoryStore
    readonly services: Services
    readonly queue: Ingest
    readonly verifying: Verifiers
    readonly logKey: LogKey
  },
  { pendingDevices: pending = 'token' }: Pick<DirectoryInit, 'pendingDevices'>,
): SessionComponents {
  const { store, services, queue } = parts
  return {
    ...parts,
    sessions: services.live,
    reconnects: reconnectLimiter({ ...parts, onKeptOut: services.misbehaviour.flooded }),
    inFlight: inFlightLimiter({ burst: collectEagerly }),
    keys: publicKeyCache({ capacity: CACHED_KEYS }),
    enrolment: {
      admit: services.tokens.admit,
      ceremony: (init) => ceremony({ ...parts, anchors: parts.anchors.current }, init),
      enrol: (proven, token) => enrol({ ...parts, results: services.results }, { pending }, proven, token),
      pendingDevice: store.pendingDevices.get,
      reEnrolmentAt: store.reEnrolments.atEpoch,
      refused: refusedEnrolments(parts),
    },
    record: { forWitness: (kept) => recordForWitness(parts, kept) },
    registry: {
      standing: store.devices.standing,
      keyAt: store.devices.keyAt,
      result: store.results.get,
      attestations: services.attestations,
    },
    evidence: {
      read: (reading) => parts.verifying.read(reading),
      submit: (frame, submission) => queue.submit(frame, submission),
      runAfter: (device, work) => queue.runAfter(device, work),
      ...services.misbehaviour,
      restoreDetector: restoreDetector({ ...parts, verify: parts.authority.verifyAcknowledgement }),
    },
    orders: {
      async welcome(device, seen) {
        const lastOrder = (await services.orders.raise(device, seen)) + (await services.stopOrders.issueDue(device.id))
        return services.orders.welcome(device, lastOrder)
      },
      after: services.orders.after,
    },
    catalogues: services.catalogues,
    gatePolicies: services.gatePolicies,
    claims: services.claims,
  }
}

function urlOf(name: string, port: number): string {
  return `wss://${isIPv6(name) ? `[${name}]` : name}:${port}`
}
