import { randomBytes } from 'node:crypto'
import { type Agent, request } from 'node:https'
import { join } from 'node:path'
import { toBase64Url } from '../../../src/base/bytes.ts'
import type { LogFields } from '../../../src/base/log.ts'
import { VERSION } from '../../../src/base/version.ts'
import { accessConfigurationRoute, accessSurface } from '../../../src/directory/access/access-surface.ts'
import { evaluationRoutes } from '../../../src/directory/access/evaluation-routes.ts'
import { allRoutes } from '../../../src/directory/all-routes.ts'
import { apiPageRoute } from '../../../src/directory/api-page/api-page.ts'
import { openAuthority } from '../../../src/directory/authority/authority.ts'
import { anchorSource } from '../../../src/directory/authority/keep-anchors-read.ts'
import { apiSurface, rootSurface } from '../../../src/directory/http/api-surface.ts'
import { bearerAuthentication } from '../../../src/directory/http/bearer-authentication.ts'
import { idempotency } from '../../../src/directory/http/idempotency.ts'
import { startHttpServer } from '../../../src/directory/http/server.ts'
import type { LiveSession, Sessions } from '../../../src/directory/ingress/sessions.ts'
import { messageServices } from '../../../src/directory/message-services.ts'
import type { MessagesInit } from '../../../src/directory/messages/read-settings.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import {
  administratorFile,
  keepAdministratorFile,
  readAdministratorFile,
} from '../../../src/directory/principals/administrator-file.ts'
import { principalOf } from '../../../src/directory/principals/principals.ts'
import { keyPlace, openLogKey } from '../../../src/directory/record/log-key.ts'
import { sequenceSome } from '../../../src/directory/record/sequencer.ts'
import { tileRoutes } from '../../../src/directory/record/tile-routes.ts'
import { scimRoutes } from '../../../src/directory/scim/routes.ts'
import type { ScimInit } from '../../../src/directory/scim/scim-services.ts'
import { scimSurface } from '../../../src/directory/scim/scim-surface.ts'
import { openServices } from '../../../src/directory/services.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import type { StopsInit } from '../../../src/directory/stops/two-persons.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { watchingRoutes } from '../../../src/directory/watching/routes.ts'
import { openWebhookServices } from '../../../src/directory/webhook-services.ts'
import { Changes } from '../../../src/directory/workers/changes.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { FakeClock } from '../fake-clock.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { migratedStore } from './migrated-store.ts'

const random = (size: number) => new Uint8Array(randomBytes(size))

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly bytes: Buffer
  readonly text: string
  readonly json: unknown
}

export interface TestDirectoryInit {
  readonly stops?: StopsInit
  readonly scim?: ScimInit
  readonly webhookTimeoutMs?: number
  readonly messages?: MessagesInit
  /** What the stores use instead of the database. */
  readonly wrap?: (database: Database) => Database
}

/**
 * The real API on real SQLite behind real TLS, with no devices' listener and time that a test moves. No worker runs: a test calls
 * what each would call.
 */
export async function startTestDirectory({
  stops,
  scim,
  messages,
  webhookTimeoutMs = 15_000,
  wrap,
}: TestDirectoryInit = {}) {
  const folder = temporaryFolder({ inMemory: true })
  // TLS is judged by the real clock.
  const clock = new FakeClock(Date.now())
  const lines: { level: string; message: string; fields: LogFields | undefined }[] = []
  const write = (level: string) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields })
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const base = { clock, log, random, changes: new Changes() }
  const database = migratedStore(join(folder.path, 'directory.sqlite'))
  const sql = sqliteDatabase(wrap?.(database) ?? database)
  const store = directoryStore(sql)
  const names = ['127.0.0.1', 'localhost']
  const authority = await openAuthority(base, { dataFolder: folder.path, names, mayFound: true })
  const hooks = await openWebhookServices(
    { ...base, store },
    { dataFolder: folder.path, privateAddresses: false, timeoutMs: webhookTimeoutMs },
  )
  const anchors = await anchorSource(base, undefined)
  const opened = await openServices(
    { ...base, store, authority, anchors },
    {
      dataFolder: folder.path,
      devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
      names,
      attestEveryMs: 3_600_000,
      resultValidForMs: 3_600_000,
      policy: DEFAULT_POLICY,
      organisation: 'example.org',
      stops,
      scim,
    },
  )
  opened.setUrl('wss://127.0.0.1:7443')
  const connected = new ConnectedDevices(opened.live)
  const presence = {
    isConnected: (device: string) => connected.has(device),
    connected: () => opened.live.size,
  }
  const messaging = messageServices(
    { ...base, ...opened, ...presence, store },
    { messages, privateAddresses: false, timeoutMs: webhookTimeoutMs },
  )
  messaging.setConsole('https://console.example.org')
  const services = { ...opened, ...hooks, ...messaging }
  const logKey = await openLogKey(keyPlace(join(folder.path, 'keys')), { mayMake: true })
  const following = { recordWitnesses: [], outlets: [] }
  const routes = allRoutes({ ...services, ...presence, ...base, ...following, store, authority, logKey })
  const evaluation = evaluationRoutes({ ...services, ...presence, ...base, store, authority })
  const authenticate = bearerAuthentication({
    principalOf: (authorization) => principalOf(store.principals, authorization, clock.now()),
    clock,
    log,
  })
  const processUse = () => ({ residentBytes: 1024, cpuSeconds: 0.5, uptimeSeconds: 7 })
  const failing = { is: false }
  const watched = watchingRoutes({
    store,
    clock,
    version: '0.0.0-test',
    processUse,
    connected: presence.connected,
    hasFailed: () => failing.is,
  })
  const atRoot = [...watched, ...tileRoutes({ store })]
  const keys = idempotency({ store, clock })
  const surface = apiSurface({ authenticate, routes, idempotency: keys, version: VERSION })
  const server = await startHttpServer(
    {
      surfaces: [
        surface,
        scimSurface(surface, scimRoutes(services)),
        accessSurface(surface, evaluation),
        rootSurface(surface, [...atRoot, apiPageRoute(surface), accessConfigurationRoute()]),
      ],
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
    sql,
    store,
    services,
    routes,
    atRoot,
    logKey,
    /** What its worker does once a second. */
    sequence: () => sequenceSome({ store, clock, logKey }),
    scim: scimRoutes(services),
    evaluation,
    failing,
    surface,
    authority,
    /** Orders that connected devices got: the device, then the order. */
    delivered: connected.delivered,
    /** Connected devices that got a result, once for each. */
    resulted: connected.resulted,
    connected,
    server,
    ask: (method: string, path: string, options: AskOptions = {}) =>
      ask(url, profile.ca, method, path, { token: profile.token, ...options }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await services.liveStream[Symbol.asyncDispose]()
      database.close()
      folder[Symbol.dispose]()
    },
  }
}

/** Devices that a test connects. */
class ConnectedDevices {
  readonly delivered: string[] = []
  readonly resulted: string[] = []
  readonly #live: Sessions

  constructor(live: Sessions) {
    this.#live = live
  }

  add(device: string): this {
    const session: LiveSession = {
      device,
      epoch: 1,
      sendOrder: (compact) => void this.delivered.push(`${device} ${compact}`),
      sendResult: async () => void this.resulted.push(device),
      end: () => this.#live.leave(session),
    }
    this.#live.enter(session)
    return this
  }

  has(device: string): boolean {
    return this.#live.get(device) !== undefined
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#live.devices()[Symbol.iterator]()
  }

  delete(device: string): void {
    const session = this.#live.get(device)
    if (session !== undefined) this.#live.leave(session)
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
        const bytes = Buffer.concat(await response.toArray())
        const text = bytes.toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parsed(text) })
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
  kind: 'dev' | 'tok' | 'ren' | 'ord' | 'pre' | 'hum' | 'grp' | 'agt' | 'clm' | 'rev' | 'sga' | 'act' | 'apr',
): string {
  return `${kind}_${toBase64Url(random(16))}`
}
