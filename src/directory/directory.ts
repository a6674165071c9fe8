import { randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { publicKeyCache } from '../crypto/public-key-cache.ts'
import type { TrustAnchors } from '../crypto/x509/trust-anchors.ts'
import type { AttestationResult } from '../protocol/attestation-result.ts'
import { LIMITS } from '../protocol/limits.ts'
import { sweepLeftovers } from '../system/files/quarantine.ts'
import { spreadsConnections } from '../system/platform/this-platform.ts'
import { collectEagerly } from '../system/program/v8-memory.ts'
import type { Database } from '../system/sqlite/sqlite.ts'
import { apiActions } from './api/actions.ts'
import type { ApiActions } from './api/api-components.ts'
import { type Authority, openAuthority, type TlsCredentials } from './authority/authority.ts'
import { keepRenewed } from './authority/keep-renewed.ts'
import { readTrustAnchors } from './authority/read-trust-anchors.ts'
import { catalogues } from './catalogues/catalogues.ts'
import { prepareDataFolder } from './data-folder.ts'
import { attestations } from './devices/attestations.ts'
import { devices } from './devices/devices.ts'
import { results } from './devices/results.ts'
import { ceremony } from './enrolment/ceremony.ts'
import { enrol } from './enrolment/enrol.ts'
import { refusedEnrolments } from './enrolment/refused-enrolments.ts'
import { tokens } from './enrolment/tokens.ts'
import { finishBatches } from './evidence/finish-batches.ts'
import { forgottenEvidence } from './evidence/forgotten.ts'
import { type Ingest, ingest } from './evidence/ingest.ts'
import { misbehaviour } from './evidence/misbehaviour.ts'
import { type Verifiers, verifiers } from './evidence/verifiers.ts'
import { arrivals } from './ingress/arrivals.ts'
import { intake } from './ingress/intake.ts'
import { listenForDevices } from './ingress/listener.ts'
import { reception } from './ingress/session.ts'
import type { SessionComponents, SessionInit } from './ingress/session-components.ts'
import { sessions } from './ingress/sessions.ts'
import { orders } from './orders/orders.ts'
import { type Policy, policyFor } from './policy/policy.ts'
import { reEnrolments } from './re-enrolments/re-enrolments.ts'
import { type DirectoryStore, directoryStore } from './store/directory-store.ts'
import { isInUse, openStore } from './store/open-store.ts'

/** The directory put together: the only file that chooses implementations. */

export interface DirectoryComponents {
  readonly clock: Clock
  readonly log: Log
  /** Left out: the operating system's. */
  readonly random?: (bytes: number) => Bytes
}

/** Bounds that a test or a bench may set otherwise; see `protocol/limits.ts`. */
type DirectoryLimits = Partial<Record<keyof typeof LIMITS, number>>

export interface DirectoryInit {
  /** Made with mode 0700 if it is not there: keys, database. */
  readonly dataFolder: string
  readonly devices: {
    readonly host: string
    /** 0: any free one. */
    readonly port: number
    readonly channelBinding: 'required' | 'off'
    /** What enrolment strings name; left out: the first of `names` and the port. */
    readonly url?: string | undefined
  }
  /** What certificates of the listeners are for: DNS names and IP addresses, at least one. */
  readonly names: readonly string[]
  readonly trustAnchorsFolder?: string | undefined
  readonly attestEveryMs: number
  readonly policy?: Policy
  /** How long a result stands without a new attestation or new findings; left out: as the policy says. */
  readonly resultValidForMs?: number
  readonly limits?: DirectoryLimits
}

/** A running directory. Disposing of it says goodbye to devices and commits what is queued. */
export interface Directory extends AsyncDisposable {
  /** `wss://name:port` of the devices' listener. */
  readonly devicesUrl: string
  readonly devicesPort: number
  /** SHA-256 of the SubjectPublicKeyInfo of CA and root, base64url. */
  readonly pins: Authority['pins']
  /** PEM. May be another one with the TLS credentials. */
  readonly caCertificate: string
  /** For the administrators' listener. */
  tls(): TlsCredentials
  /** Calls `renewed` whenever `tls()` has begun to give new ones, and again a minute later where one of them failed. */
  onTlsRenewed(renewed: () => void | Promise<void>): void
  readonly actions: ApiActions
  /** For `store/` only: the API's queries run on the same connection. */
  readonly database: Database
  /** Aborted when the store has failed: nothing is taken or told any more, and all that is left is to dispose of it. */
  readonly failure: AbortSignal
  /** Devices connected now. */
  readonly connected: number
  isConnected(device: string): boolean
}

/** Of devices that are at work at the same time; each takes some five KB. */
const KEYS_AT_HAND = 512
/** PCRs 0 to 7: firmware, boot loader and their settings, Secure Boot; 11: unified kernel image; 14: shim. */
const QUOTED_PCRS = [0, 1, 2, 3, 4, 5, 6, 7, 11, 14] as const

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
  const house = { ...components, random: components.random ?? ((bytes: number) => new Uint8Array(randomBytes(bytes))) }
  await using opened = new AsyncDisposableStack()
  const warnIfOpened = await prepareDataFolder(init.dataFolder)
  warnIfOpened(log)
  sweepLeftovers(init.dataFolder)
  const anchors = await readTrustAnchors(init.trustAnchorsFolder, log)
  const broken = new AbortController()
  const database = openStore(join(init.dataFolder, 'directory.sqlite'), {
    onFailure(error) {
      log.error('the store failed: the directory ends', { code: error.code, error: error.message })
      broken.abort(error)
    },
  })
  opened.defer(() => database.close())
  const authority = await openAuthority(house, { ...init, mayFound: !isInUse(database) })
  signal.throwIfAborted()

  const limits = { ...LIMITS, ...init.limits }
  const rooms = openRooms({ ...house, authority, anchors, store: directoryStore(database) }, init)
  finishBatches({ ...house, ...rooms })
  const queue = ingest(
    { ...house, ...rooms, poisonous: rooms.misbehaviour.poisonous },
    { quotaBytes: limits.evidenceQuotaBytes },
  )
  opened.use(queue)
  const verifying = await openVerifiers(house, queue)
  opened.use(verifying)
  const session = sessionComponents({ ...house, authority, anchors, rooms, queue, verifying })
  const sessionInit: SessionInit = { ...limits, ...init.devices, attestEveryMs: init.attestEveryMs, pcrs: QUOTED_PCRS }
  const listener = await listenForDevices(
    { ...house, tls: () => authority.tls(), reception: reception(session, sessionInit) },
    { ...init.devices, ...limits, spreadsConnections: spreadsConnections() },
  )
  opened.use(listener)
  const stopped = new AbortController()
  const onRenewed: (() => void | Promise<void>)[] = [() => listener.renewCredentials()]
  const renewed = async () => {
    for (const call of onRenewed) await call()
  }
  const maintenance = keepRenewed({ ...house, authority, renewed }, { signal: stopped.signal })
  opened.defer(async () => {
    stopped.abort()
    await maintenance
  })

  const devicesUrl = init.devices.url ?? urlOf(init.names[0] ?? init.devices.host, listener.port)
  rooms.listensAt(devicesUrl)
  log.info('the directory listens for devices', { url: devicesUrl, trustAnchors: anchors.count })
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
    actions: apiActions(rooms),
    database,
    failure: broken.signal,
    get connected() {
      return rooms.live.size
    },
    isConnected: (device) => rooms.live.get(device) !== undefined,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** More would wait for the loop, which does all else. */
const MOST_VERIFIERS = 2

/** In its own file, which its threads load: with one core there are none. */
async function openVerifiers({ log }: DirectoryComponents, queue: Ingest): Promise<Verifiers> {
  const threads = Math.min(availableParallelism() - 1, MOST_VERIFIERS)
  const { startVerifierThread } = await import('./evidence/verifier-thread.ts')
  return verifiers(
    { log, startThread: () => startVerifierThread({ log }), expects: () => queue.expects() },
    { threads },
  )
}

type House = DirectoryComponents & { readonly random: (bytes: number) => Bytes }

/** The rooms, each over the part of the store it declares. */
function openRooms(
  house: House & { authority: Authority; anchors: TrustAnchors; store: DirectoryStore },
  init: DirectoryInit,
) {
  const { authority, anchors, store } = house
  const policy = init.policy ?? policyFor(init.attestEveryMs)
  const validForMs = init.resultValidForMs ?? Number.MAX_SAFE_INTEGER / 2
  const live = sessions()
  const appraised = results(house, { policy, validForMs })
  let url = ''
  const announce = (device: string, epoch: number, result: AttestationResult) => {
    const session = live.get(device)
    if (session?.epoch === epoch) session.sendResult(result)
  }
  return {
    store,
    live,
    results: appraised,
    listensAt: (at: string) => {
      url = at
    },
    announce,
    misbehaviour: misbehaviour({ ...house, results: appraised, announce }),
    attestations: attestations({ ...house, results: appraised }),
    tokens: tokens(house, { url: () => url, pins: authority.pins, knowsMakers: anchors.knowsMakers }),
    reEnrolments: reEnrolments({
      ...house,
      results: appraised,
      settled({ id, device }, outcome) {
        live.decided(id)
        if (outcome === 'approve') live.get(device)?.end(new SuretyError('EPOCH_MISMATCH', 'the device enrolled anew'))
      },
    }),
    catalogues: catalogues({ ...house, sign: authority.signOrder }),
    orders: orders({
      ...house,
      sign: authority.signOrder,
      deliver: (device, compact) => live.get(device)?.sendOrder(compact),
    }),
    devices: devices({
      ...house,
      results: appraised,
      retired(device, denied) {
        for (const reEnrolment of denied) live.decided(reEnrolment)
        live.get(device)?.end(new SuretyError('DEVICE_RETIRED', 'the device was retired'))
      },
    }),
  }
}

type Rooms = ReturnType<typeof openRooms>

function sessionComponents(
  parts: House & {
    readonly authority: Authority
    readonly anchors: TrustAnchors
    readonly rooms: Rooms
    readonly queue: Ingest
    readonly verifying: Verifiers
  },
): SessionComponents {
  const { rooms, queue } = parts
  const { store } = rooms
  return {
    ...parts,
    sessions: rooms.live,
    arrivals: arrivals({ ...parts, keptOut: rooms.misbehaviour.flooded }),
    intake: intake({ burst: collectEagerly }),
    keys: publicKeyCache({ capacity: KEYS_AT_HAND }),
    enrolment: {
      admit: rooms.tokens.admit,
      ceremony: (init) => ceremony(parts, init),
      enrol: (proven, token) => enrol({ ...parts, store, results: rooms.results }, proven, token),
      reEnrolmentAt: store.reEnrolmentAt,
      refused: refusedEnrolments({ ...parts, store }),
    },
    registry: { ...store, attestations: rooms.attestations },
    evidence: {
      read: (reading) => parts.verifying.read(reading),
      submit: (frame, submission) => queue.submit(frame, submission),
      afterwards: (device, work) => queue.afterwards(device, work),
      ...rooms.misbehaviour,
      forgotten: forgottenEvidence({ ...parts, store, verify: parts.authority.verifyAcknowledgement }),
    },
    orders: rooms.orders,
    catalogues: rooms.catalogues,
  }
}

function urlOf(name: string, port: number): string {
  return `wss://${isIPv6(name) ? `[${name}]` : name}:${port}`
}
