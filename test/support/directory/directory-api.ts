import { randomBytes } from 'node:crypto'
import { type Agent, request } from 'node:https'
import { join } from 'node:path'
import { toBase64Url } from '../../../src/base/bytes.ts'
import type { LogFields } from '../../../src/base/log.ts'
import { silentLog } from '../../../src/base/log.ts'
import { allRoutes } from '../../../src/directory/all-routes.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { catalogues } from '../../../src/directory/catalogues/catalogues.ts'
import { claims } from '../../../src/directory/claims/claims.ts'
import { devices } from '../../../src/directory/devices/devices.ts'
import { groupCommit } from '../../../src/directory/devices/group-commit.ts'
import { results } from '../../../src/directory/devices/results.ts'
import { pendingDevices } from '../../../src/directory/enrolment/pending-devices.ts'
import { preregistrations } from '../../../src/directory/enrolment/preregistrations.ts'
import { tokens } from '../../../src/directory/enrolment/tokens.ts'
import { apiSurface, rootSurface } from '../../../src/directory/http/api-surface.ts'
import { bearerAuthentication } from '../../../src/directory/http/bearer-authentication.ts'
import { idempotency } from '../../../src/directory/http/idempotency.ts'
import { startHttpServer } from '../../../src/directory/http/server.ts'
import { ownerOfAccountsChanged } from '../../../src/directory/humans/accounts.ts'
import { humanServices } from '../../../src/directory/humans/human-services.ts'
import { orders } from '../../../src/directory/orders/orders.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { policies } from '../../../src/directory/policy-versions/policies.ts'
import {
  administratorFile,
  keepAdministratorFile,
  readAdministratorFile,
} from '../../../src/directory/principals/administrator-file.ts'
import { principalOf, principals } from '../../../src/directory/principals/principals.ts'
import { reEnrolments } from '../../../src/directory/re-enrolments/re-enrolments.ts'
import { registrations } from '../../../src/directory/registrations/registrations.ts'
import { reviews } from '../../../src/directory/reviews/reviews.ts'
import { ruleActs } from '../../../src/directory/rule-versions/rule-acts.ts'
import { rules } from '../../../src/directory/rule-versions/rules.ts'
import { scimRoutes } from '../../../src/directory/scim/routes.ts'
import { SCIM_INIT, scimServices } from '../../../src/directory/scim/scim-services.ts'
import { scimSurface } from '../../../src/directory/scim/scim-surface.ts'
import { inbox } from '../../../src/directory/seen/inbox.ts'
import { registerStops } from '../../../src/directory/stops/register-stops.ts'
import { stopOrders } from '../../../src/directory/stops/stop-orders.ts'
import { stops } from '../../../src/directory/stops/stops.ts'
import { STOPS_INIT, twoPersons } from '../../../src/directory/stops/two-persons.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import type { PresenceStore } from '../../../src/directory/store/presence-store.ts'
import { watchingRoutes } from '../../../src/directory/watching/routes.ts'
import { openWebhookServices } from '../../../src/directory/webhook-services.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import { zombies } from '../../../src/directory/zombies/zombies.ts'
import { FakeClock } from '../fake-clock.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const random = (size: number) => new Uint8Array(randomBytes(size))

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly json: unknown
}

/** The real API on real SQLite behind real TLS, with no devices' listener and time that a test moves. */
export async function startTestDirectory({
  stops: stopsInit = STOPS_INIT,
  scim = SCIM_INIT,
  webhookTimeoutMs = 15_000,
} = {}) {
  const folder = temporaryFolder({ inMemory: true })
  // TLS is judged by the real clock.
  const clock = new FakeClock(Date.now())
  const lines: { level: string; message: string; fields: LogFields | undefined }[] = []
  const write = (level: string) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields })
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const database = openStore(join(folder.path, 'directory.sqlite'))
  const store = directoryStore(database)
  const authority = await openAuthority(
    { clock, log, random },
    { dataFolder: folder.path, names: ['127.0.0.1'], mayFound: true },
  )
  const hooks = await openWebhookServices(
    { store, clock, random, log },
    { dataFolder: folder.path, privateAddresses: false, timeoutMs: webhookTimeoutMs },
  )
  /** No worker runs. */
  const changes = new Changes()
  const delivered: string[] = []
  const connected = new ConnectedDevices(store.presence)
  const inUse = policies(
    { store, clock, log, changes },
    { defaults: DEFAULT_POLICY, attestEveryMs: 3_600_000, validForMs: 3_600_000 },
  )
  const appraised = results(
    { store, clock },
    { policy: (device) => inUse.policyOf(device), policyVersion: () => inUse.version, validForMs: 3_600_000 },
  )
  const isConnected = (device: string) => connected.has(device)
  const issued = orders({
    store,
    clock,
    random,
    sign: authority.signOrder,
    deliver: (device, compact) => store.afterCommit(() => void delivered.push(`${device} ${compact}`)),
  })
  const ownerChanged = (device: string, owner: string) => ownerOfAccountsChanged(store, device, owner)
  const bounds = twoPersons({ store, clock }, stopsInit)
  const held = registerStops({ store, random, twoPersons: bounds })
  const registered = registrations({ store, clock, random, registerStops: held, changes })
  const identities = humanServices({ store, clock, random, agents: registered, changes })
  const stopping = stops({ store, clock, random, twoPersons: bounds, isConnected, changes })
  const ruled = rules({ store, clock, log, changes })
  const told: string[] = []
  const services = {
    ...identities,
    ...scimServices(
      { ...identities, store, clock, registrations: registered, organisation: 'example.org', twoPersons: bounds },
      scim,
    ),
    claims: claims({
      store,
      clock,
      accounts: identities.accounts,
      registrations: registered,
      decided: (device) => void told.push(device),
    }),
    stops: stopping,
    inbox: inbox({ store, clock, registrations: registered, stops: stopping, changes }),
    /** No worker runs: a test calls `work`. */
    stopOrders: stopOrders({ store, clock, orders: issued, isConnected }),
    organisation: 'example.org',
    registrations: registered,
    registering: groupCommit(store),
    policies: inUse,
    tokens: tokens(
      { store, clock, random },
      { url: () => 'wss://127.0.0.1:7443', pins: authority.pins, knowsMakers: false },
    ),
    orders: issued,
    pendingDevices: pendingDevices({ store, clock, results: appraised, settled: () => undefined }),
    preregistrations: preregistrations({ store, clock, random }),
    principals: principals({ store, clock, random }),
    rules: ruled,
    ruleActs: ruleActs({
      clock,
      registrations: registered,
      stops: held,
      changes,
    }),
    /** No worker runs: a test calls `sweepSome`. */
    zombies: zombies({ store, clock, log, changes, rules: ruled, registrations: registered }),
    /** No worker runs: a test calls `workSome`. */
    reviews: reviews({ store, clock, random, registrations: registered, changes }),
    reEnrolments: reEnrolments({ store, clock, results: appraised, ownerChanged, settled: () => undefined }),
    catalogues: catalogues({ store, clock, log: silentLog, sign: authority.signOrder }),
    devices: devices({ store, clock, results: appraised, ownerChanged, retired: () => undefined }),
    /** No worker runs: a test calls `step`. */
    ...hooks,
  }
  const presence = { isConnected, connected: () => connected.size }
  const routes = allRoutes({ ...services, ...presence, store, authority, clock, version: '0.0.0-test' })
  const authenticate = bearerAuthentication({
    principalOf: (authorization) => principalOf(store.principals, authorization, clock.now()),
    clock,
    log,
  })
  const processUse = () => ({ residentBytes: 1024, cpuSeconds: 0.5, uptimeSeconds: 7 })
  const failing = { is: false }
  const watching = watchingRoutes({
    store,
    clock,
    version: '0.0.0-test',
    processUse,
    connected: () => connected.size,
    hasFailed: () => failing.is,
  })
  const keys = idempotency({ store, clock })
  const surface = apiSurface({ authenticate, routes, idempotency: keys, version: '0.0.0-test' })
  const server = await startHttpServer(
    {
      surfaces: [surface, scimSurface(surface, scimRoutes(services)), rootSurface(surface, watching)],
      log,
    },
    { host: '127.0.0.1', port: 0, certificate: authority.tls() },
  )
  const url = `https://127.0.0.1:${server.port}`
  await keepAdministratorFile(
    { store, clock, random, log },
    { dataFolder: folder.path, url, ca: authority.caCertificate },
  )
  const profileFile = administratorFile(folder.path)
  const profile = await readAdministratorFile(profileFile)
  if (profile === undefined) throw new Error('the first start made no profile')
  return {
    folder: folder.path,
    url,
    token: profile.token,
    ca: profile.ca,
    profileFile,
    clock,
    lines,
    database,
    store,
    services,
    routes,
    watching,
    scim: scimRoutes(services),
    failing,
    surface,
    authority,
    delivered,
    /** Devices that were sent decisions about claims. */
    told,
    connected,
    server,
    ask: (method: string, path: string, options: AskOptions = {}) =>
      ask(url, profile.ca, method, path, { token: profile.token, ...options }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      database.close()
      folder[Symbol.dispose]()
    },
  }
}

/** Devices that a test connects. */
class ConnectedDevices extends Set<string> {
  readonly #presence: PresenceStore
  constructor(presence: PresenceStore) {
    super()
    this.#presence = presence
  }
  override add(device: string): this {
    this.#presence.entered(device)
    return super.add(device)
  }
  override delete(device: string): boolean {
    this.#presence.left(device)
    return super.delete(device)
  }
}

export type TestDirectory = Awaited<ReturnType<typeof startTestDirectory>>

export interface AskOptions {
  /** Null for none. */
  readonly token?: string | null
  /** JSON is made of an object that is no bytes. */
  readonly body?: string | Buffer | object
  readonly headers?: Readonly<Record<string, string>>
  /** Left out: a connection of its own. */
  readonly agent?: Agent
}

export function ask(url: string, ca: string, method: string, path: string, options: AskOptions): Promise<Answer> {
  const { token = null, body, headers, agent = false } = options
  const sent = typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body
  return new Promise((resolve, reject) => {
    const asked = request(
      url + path,
      {
        method,
        ca,
        agent,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(sent === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
          ...headers,
        },
      },
      async (response) => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) })
      },
    )
    asked.on('error', reject)
    asked.end(sent)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function newTestId(
  kind: 'dev' | 'tok' | 'ren' | 'ord' | 'pre' | 'hum' | 'grp' | 'agt' | 'clm' | 'rev' | 'sga',
): string {
  return `${kind}_${toBase64Url(random(16))}`
}
