import type { Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import swagger from '@fastify/swagger'
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
  type RawServerBase,
} from 'fastify'
import { fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { parseUnambiguousJson } from '../../base/json.ts'
import type { Log } from '../../base/log.ts'
import { Type } from '../../base/schema.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import { actingAs } from '../acting/acting.ts'
import {
  type App,
  asksForFile,
  authenticate,
  type Peer,
  principalNow,
  requireAuthentication,
  type SurfaceOf,
} from './access.ts'
import { compileValidator, schemaOf, swaggerOptions } from './fastify-schemas.ts'
import { answerFile } from './files.ts'
import { refusalOf } from './http-status.ts'
import { type Commit, commitAtOnce } from './idempotency.ts'
import { Reply, type Route, route } from './route.ts'
import type { HttpSurface } from './surface.ts'

/** A listener of the directory. Without authentication it answers open routes and files, and nothing else. */

const CLOSE_GRACE_MS = 3_000
const HEADERS_TIMEOUT_MS = 10_000
const BODY = { maxBytes: 64 * 1024, maxDepth: 8 }

/**
 * The types require fastify's own validator, but fastify calls any function with `{ schema, httpPart }`. Answers are sent
 * whole: a serialiser by schema would drop members that the schema does not name.
 */
const COMPILERS = {
  buildValidator: () => compileValidator,
  buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

/** PEM: the server's own certificate followed by the CA's, and its key. */
export interface ServerCertificate {
  readonly cert: string
  readonly key: string
}

export interface HttpServerComponents {
  /** The first also answers for paths of no surface. */
  readonly surfaces: readonly [HttpSurface, ...HttpSurface[]]
  readonly log: Log
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number
  /** New connections use this certificate. Of a listener with TLS. */
  setCertificate(certificate: ServerCertificate): void
}

export interface HttpServerInit {
  readonly host: string
  readonly port: number
  /** Absent: plain HTTP, which no other machine may reach. */
  readonly certificate?: ServerCertificate | undefined
  /** A proxy on this machine says in `x-forwarded-for` who asks. */
  readonly behindProxy?: boolean
  /** How long running requests may take to end after disposal. */
  readonly closeGraceMs?: number
  /** Time for the headers of a request. */
  readonly headersTimeoutMs?: number
}

/** Listens until it is disposed of. Running requests are answered first. */
export async function startHttpServer(components: HttpServerComponents, init: HttpServerInit): Promise<HttpServer> {
  const { surfaces, log } = components
  const surfaceOf = (url: string) =>
    surfaces.find(({ base }) => base !== '' && url.startsWith(`${base}/`)) ?? surfaces[0]
  const app = makeApp(init, surfaceOf)
  const sockets = openSockets(app.server)
  requireAuthentication(app, surfaceOf, (socket) => sockets.authenticated(socket))
  answerErrors(app, surfaceOf, log)
  const streams = new Set<Readable>()
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.destroy()
  })
  for (const surface of surfaces) await addSurface(app, surface, { log, streams })
  await app.listen({ host: init.host, port: init.port })
  return {
    // The address of a TCP listener is not a path.
    port: (app.server.address() as AddressInfo).port,
    setCertificate: ({ cert, key }) => app.server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
    [Symbol.asyncDispose]: () => closeWithin(app, sockets, init.closeGraceMs ?? CLOSE_GRACE_MS),
  }
}

/** A closing server no longer applies Node's timeouts, so a request that never ends would keep it open. */
async function closeWithin(app: App, sockets: Iterable<Socket>, graceMs: number): Promise<void> {
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, graceMs)
  await app.close()
  clearTimeout(timer)
}

function makeApp(init: HttpServerInit, surfaceOf: SurfaceOf): App {
  const { certificate, behindProxy = false, headersTimeoutMs = HEADERS_TIMEOUT_MS } = init
  const headers = {
    headersTimeout: headersTimeoutMs,
    // Node looks for late requests every 30 s unless it is asked to look more often.
    connectionsCheckingInterval: headersTimeoutMs / 10,
  }
  const app = fastify<Server>({
    // Without a certificate it is an HTTP server, whatever the types say.
    ...(certificate === undefined
      ? { https: null, http: headers }
      : {
          https: {
            cert: certificate.cert,
            key: certificate.key,
            minVersion: 'TLSv1.2' as const,
            handshakeTimeout: 10_000,
            ...headers,
          },
        }),
    trustProxy: behindProxy ? 'loopback' : false,
    logger: false,
    bodyLimit: BODY.maxBytes,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 15_000,
    exposeHeadRoutes: false,
    // The longest agent key with every character percent-encoded. The route's schema refuses longer keys.
    routerOptions: { maxParamLength: 4096 },
    forceCloseConnections: 'idle',
    schemaController: { compilersFactory: COMPILERS },
    // A path that cannot be decoded reaches neither hooks nor handlers.
    async frameworkErrors(error, request, reply) {
      const surface = surfaceOf(request.url)
      const refused = await authenticate(surface, request, reply)
      return refuse(surface, reply, refused instanceof SuretyError ? refused : error)
    },
    clientErrorHandler({ code }, socket) {
      const status = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
      if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
      else socket.destroy()
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser(BODY.maxDepth))
  return app
}

function jsonParser(maxDepth: number) {
  return async (request: FastifyRequest, body: Buffer) => {
    // Some clients give the media type of a body that they do not send.
    if (body.length === 0 && request.method === 'DELETE') return undefined
    return parseUnambiguousJson(textOf(body), { maxDepth, maxBytes: request.routeOptions.bodyLimit })
  }
}

/** @throws `INPUT_MALFORMED` for a field that comes twice. */
function formOf(body: Buffer): Readonly<Record<string, string>> {
  const fields = [...new URLSearchParams(textOf(body))]
  const names = new Set(fields.map(([name]) => name))
  if (names.size < fields.length) throw new SuretyError('INPUT_MALFORMED', 'a field of the form comes twice')
  return Object.fromEntries(fields)
}

/** A lenient decoder would replace invalid bytes with other characters. @throws `INPUT_MALFORMED`. */
function textOf(body: Buffer): string {
  try {
    return fromUtf8(body)
  } catch {
    throw new SuretyError('INPUT_MALFORMED', 'the body is not UTF-8')
  }
}

function refuse(surface: HttpSurface, reply: FastifyReply, error: unknown): FastifyReply {
  const refusal = refusalOf(error)
  const status = surface.statuses?.[refusal.status] ?? refusal.status
  return reply.status(status).type(surface.errorType).send(surface.errorShape(refusal))
}

function answerErrors(app: App, surfaceOf: SurfaceOf, log: Log): void {
  app.setErrorHandler(async (error, request, reply) => {
    if (refusalOf(error).status >= 500) {
      const operation = request.routeOptions.schema?.operationId
      log.error('administrator request failed', { operation, reason: describeError(error) })
    }
    return refuse(surfaceOf(request.url), reply, error)
  })
  app.setNotFoundHandler(async (request, reply) => {
    const surface = surfaceOf(request.url)
    const { base, description, files } = surface
    if (files !== undefined && asksForFile(surface, request)) return answerFile(files, request, reply)
    const list = description === undefined ? '' : `; GET ${base}/openapi.json lists them`
    throw new SuretyError('NOT_FOUND', `there is no such route${list}`)
  })
}

/** In a fastify scope of its own, so that its OpenAPI document has its routes only. */
async function addSurface(
  app: App,
  surface: HttpSurface,
  components: Pick<RegisterComponents, 'log' | 'streams'>,
): Promise<void> {
  const { base, routes, description, media } = surface
  await app.register(
    async (scope) => {
      if (media !== undefined) {
        scope.removeAllContentTypeParsers()
        const types = [...new Set([media.type, 'application/json'])]
        scope.addContentTypeParser(types, { parseAs: 'buffer' }, jsonParser(media.maxDepth))
        if (media.forms === true) {
          const form = 'application/x-www-form-urlencoded'
          scope.addContentTypeParser(form, { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) =>
            formOf(body),
          )
        }
      }
      if (description !== undefined) await scope.register(swagger, swaggerOptions(description))
      const document = route({
        method: 'GET',
        path: '/openapi.json',
        operationId: 'getOpenApi',
        summary: 'This description (OpenAPI 3.1)',
        room: 'directory',
        response: Type.Object({}, { description: 'OpenAPI document' }),
        open: true,
        answer: () => scope.swagger(),
      })
      for (const one of description === undefined ? routes : [...routes, document]) {
        register(scope, one, { ...components, surface })
      }
    },
    { prefix: base },
  )
}

/** The principal of requests to open routes, whose handlers do not look at it. */
const ANONYMOUS: Principal = { id: '', kind: 'service', name: '', role: 'decide' }

interface RegisterComponents {
  readonly log: Log
  readonly surface: Pick<HttpSurface, 'authenticate' | 'idempotency'>
  /** Answers that last. */
  readonly streams: Set<Readable>
}

function register<S extends RawServerBase>(app: FastifyInstance<S>, one: Route, components: RegisterComponents): void {
  const { log, surface, streams } = components
  const { idempotency } = surface
  app.route({
    method: one.method,
    url: one.path.replace(/\{(\w+)\}/g, ':$1'),
    schema: schemaOf(one),
    config: { open: one.open === true, action: one.action, stepUp: one.stepUp },
    ...(one.bodyMaxBytes === undefined ? {} : { bodyLimit: one.bodyMaxBytes }),
    async handler(request, reply) {
      const { params, query, body, session, ip: address, principal = ANONYMOUS } = request
      const headers = {
        accept: request.headers.accept,
        host: request.headers.host,
        ifMatch: request.headers['if-match'],
        ifNoneMatch: request.headers['if-none-match'],
        cookie: request.headers.cookie,
        userAgent: request.headers['user-agent'],
        surety: (name: string) => {
          const value = request.headers[`x-surety-${name}`]
          return typeof value === 'string' && value !== '' ? value : undefined
        },
      }
      const key = one.creates === true ? request.headers['idempotency-key'] : undefined
      const acting = { principal: one.open === true ? undefined : principal, address, session: session?.id }
      const run = (commit: Commit) =>
        actingAs(acting, () =>
          one.answer({
            params,
            query,
            body,
            principal,
            principalNow: () => principalNow(surface, request),
            headers,
            address,
            session,
            commit,
          }),
        )
      let answer: unknown
      if (typeof key === 'string' && idempotency !== undefined) {
        const asked = { principal: principal.id, key, method: one.method, url: request.url, body, status: one.status }
        const answered = await idempotency.answer(asked, run)
        if ('replayed' in answered) {
          reply.status(answered.status).type('application/json; charset=utf-8').header('idempotent-replayed', 'true')
          return reply.send(answered.replayed)
        }
        answer = answered.answer
      } else answer = await run(commitAtOnce)
      if (one.method !== 'GET' && one.changesNothing !== true) {
        log.info('administrator acted', {
          operation: one.operationId,
          administrator: principal.id,
          name: principal.name,
        })
      }
      if (answer instanceof Reply && answer.body instanceof Readable) {
        const stream = answer.body
        streams.add(stream.once('close', () => streams.delete(stream)))
      }
      if (answer instanceof Reply) return reply.status(answer.status).headers(answer.headers).send(answer.body)
      reply.status(one.status)
      if (one.contentType !== undefined) reply.type(one.contentType)
      return reply.send(answer)
    },
  })
}

/** The open connections of a listener, bounded so that strangers cannot keep authenticated clients out. */
interface OpenSockets extends Iterable<Socket> {
  /** A valid token arrived on this connection. The TLS socket or its TCP socket may be given. */
  authenticated(socket: Peer): void
}

/** With one more, the oldest connection without a valid token is closed. */
const MAX_SOCKETS = 500

function openSockets(server: Server): OpenSockets {
  // Oldest first.
  const sockets = new Map<string, Socket>()
  const authenticated = new Set<string>()
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    sockets.set(peer, socket)
    socket.once('close', () => {
      if (sockets.get(peer) !== socket) return
      sockets.delete(peer)
      authenticated.delete(peer)
    })
    if (sockets.size <= MAX_SOCKETS) return
    const strangers = sockets.entries().filter(([other]) => !authenticated.has(other))
    strangers.next().value?.[1].destroy()
  })
  return {
    authenticated(socket) {
      const peer = peerOf(socket)
      if (sockets.has(peer)) authenticated.add(peer)
    },
    [Symbol.iterator]: () => sockets.values(),
  }
}

function peerOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`
}
