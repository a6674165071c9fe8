import type { AddressInfo, Socket } from 'node:net'
import { type FastifyReply, type FastifyRequest, type FastifyServerOptions, fastify } from 'fastify'
import { fromUtf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { parseUnambiguousJson } from '../../base/json.ts'
import type { Log } from '../../base/log.ts'
import { Type } from '../../base/schema.ts'
import { API_BASE } from '../../protocol/api-common.ts'
import { type AdministratorStore, authenticate } from './administrators.ts'
import { allRoutes } from './all-routes.ts'
import type { ApiComponents } from './api-components.ts'
import { failureLimiter } from './failure-limiter.ts'
import { refusalOf } from './http-status.ts'
import { type OpenSockets, openSockets } from './open-sockets.ts'
import { describeApi } from './openapi.ts'
import { type Administrator, type Route, route } from './route.ts'
import { schemaOf } from './route-schema.ts'
import { compileValidator } from './validation.ts'

/** The administrators' listener: HTTPS and JSON, nothing else, and no word without a token. */

const CLOSE_GRACE_MS = 3_000
const BODY = { maxBytes: 64 * 1024, maxDepth: 8 }

/**
 * The types want the validator that fastify brings along; at run time whatever has this shape is called with
 * `{ schema, httpPart }`. What a handler answers is sent whole: a serialiser by schema leaves out what it does not know.
 */
const COMPILERS = {
  buildValidator: () => compileValidator,
  buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

/** No content of ours is a page, may be kept, or belongs in another site's frame. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** PEM: the server's own certificate and then the CA's, and its key. */
export interface ServerCertificate {
  readonly cert: string
  readonly key: string
}

export interface ApiServerComponents extends ApiComponents {
  readonly administrators: AdministratorStore
  readonly log: Log
}

export interface ApiServer extends AsyncDisposable {
  readonly port: number
  /** For renewal: connections made from now on see it. */
  setCertificate(certificate: ServerCertificate): void
}

declare module 'fastify' {
  interface FastifyRequest {
    administrator: Administrator | undefined
  }
  interface FastifyContextConfig {
    /** Answered without a token. */
    open?: boolean
  }
}

export interface ApiServerInit {
  readonly host: string
  readonly port: number
  readonly certificate: ServerCertificate
  /** How long running requests may take to end once it is disposed of. */
  readonly closeGraceMs?: number
}

/** Listens until it is disposed of; running requests are then answered first. */
export async function startApi(components: ApiServerComponents, init: ApiServerInit): Promise<ApiServer> {
  const admit = door(components)
  const app = makeApp(init.certificate, admit)
  const sockets = openSockets(app.server)
  guard(app, admit, sockets)
  answerErrors(app, components.log)
  await describeApi(app, components.version)
  const description = route({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This description (OpenAPI 3.1)',
    response: Type.Object({}, { description: 'OpenAPI document' }),
    open: true,
    answer: () => app.swagger(),
  })
  for (const one of [...allRoutes(components), description]) register(app, one, components.log)
  await app.listen({ host: init.host, port: init.port })
  return {
    // A TCP listener's address is no path.
    port: (app.server.address() as AddressInfo).port,
    setCertificate: ({ cert, key }) => app.server.setSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
    [Symbol.asyncDispose]: () => closeWithin(app, sockets, init.closeGraceMs ?? CLOSE_GRACE_MS),
  }
}

type App = ReturnType<typeof makeApp>

/** Node stops watching its timeouts once a server closes, so whoever never ends a request would hold it open for ever. */
async function closeWithin(app: App, sockets: Iterable<Socket>, graceMs: number): Promise<void> {
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, graceMs)
  await app.close()
  clearTimeout(timer)
}

function makeApp({ cert, key }: ServerCertificate, admit: Admit) {
  const app = fastify({
    https: { cert, key, minVersion: 'TLSv1.2', handshakeTimeout: 10_000, headersTimeout: 10_000 },
    logger: false,
    bodyLimit: BODY.maxBytes,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 15_000,
    exposeHeadRoutes: false,
    // The longest name of an agent, each character as it is in a path: its schema refuses what is longer.
    routerOptions: { maxParamLength: 4096 },
    forceCloseConnections: 'idle',
    schemaController: { compilersFactory: COMPILERS },
    // An address that cannot be decoded: no hook and no handler of ours is asked then.
    frameworkErrors: (error, request, reply) => refuseOutright(reply, refusedAtTheDoor(admit, request, reply) ?? error),
    clientErrorHandler(_error, socket) {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      else socket.destroy()
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    parseUnambiguousJson(textOf(body), { ...BODY, maxBytes: request.routeOptions.bodyLimit }),
  )
  return app
}

/** @throws `INPUT_MALFORMED`: a decoder that forgives would put other characters in the place of those that are none. */
function textOf(body: Buffer): string {
  try {
    return fromUtf8(body)
  } catch {
    throw new SuretyError('INPUT_MALFORMED', 'the body is not UTF-8')
  }
}

/** @throws `UNAUTHENTICATED`, `QUOTA_EXCEEDED`. */
type Admit = (request: FastifyRequest, reply: FastifyReply) => Administrator

function door({ administrators, clock, log }: ApiServerComponents): Admit {
  const limiter = failureLimiter({ clock })
  return (request, reply) => {
    const administrator = authenticate(administrators, request.headers.authorization)
    if (administrator !== undefined) return administrator
    const waitMs = limiter.failed(request.ip)
    if (waitMs > 0) {
      reply.header('retry-after', Math.ceil(waitMs / 1000))
      throw new SuretyError('QUOTA_EXCEEDED', 'too many requests without a valid token from this address')
    }
    log.warn('administrator refused', { address: request.ip })
    reply.header('www-authenticate', 'Bearer')
    throw new SuretyError('UNAUTHENTICATED', 'an administrator token is needed: Authorization: Bearer surety_adm_…')
  }
}

/** Every request that is not to an open route needs a token, those to no route at all included. */
function guard(app: App, admit: Admit, sockets: OpenSockets): void {
  app.decorateRequest('administrator', undefined)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    if (request.routeOptions.config.open === true) return
    request.administrator = admit(request, reply)
    sockets.proven(request.socket)
  })
}

function refuseOutright(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, code, message } = refusalOf(error)
  return reply.status(status).send({ error: { code, message } })
}

function refusedAtTheDoor(admit: Admit, request: FastifyRequest, reply: FastifyReply): unknown {
  reply.headers(HEADERS)
  try {
    admit(request, reply)
    return undefined
  } catch (error) {
    return error
  }
}

function answerErrors(app: App, log: Log): void {
  app.setErrorHandler(async (error, request, reply) => {
    const { status } = refusalOf(error)
    if (status >= 500) {
      const operation = request.routeOptions.schema?.operationId
      log.error('administrator request failed', { operation, reason: describeError(error) })
    }
    return refuseOutright(reply, error)
  })
  app.setNotFoundHandler(async () => {
    throw new SuretyError('NOT_FOUND', 'there is no such route; GET /api/v1/openapi.json lists them')
  })
}

function register(app: App, one: Route, log: Log): void {
  app.route({
    method: one.method,
    url: API_BASE + one.path.replace(/\{(\w+)\}/g, ':$1'),
    schema: schemaOf(one),
    config: { open: one.open === true },
    ...(one.bodyMaxBytes === undefined ? {} : { bodyLimit: one.bodyMaxBytes }),
    async handler(request, reply) {
      const administrator = request.administrator ?? { id: '', name: '' }
      const { params, query, body } = request
      const answer = await one.answer({ params, query, body, administrator })
      if (one.method !== 'GET') {
        log.info('administrator acted', { operation: one.operationId, administrator: administrator.id })
      }
      reply.status(one.status)
      if (one.contentType !== undefined) reply.type(one.contentType)
      return reply.send(answer)
    },
  })
}
