import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SuretyError } from '../../base/errors.ts'
import { type Action, mayDo, type Principal, STEP_UP } from '../../protocol/noun/permissions.ts'
import { CSRF_HEADER } from '../../protocol/nouns/people/sign-in.ts'
import type { SessionMark } from './route.ts'
import type { Authenticated, Credentials, HttpSurface } from './surface.ts'

/** Who may send a request: authentication, the limit of requests, permission. */

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | undefined
    session: SessionMark | undefined
  }
  interface FastifyContextConfig {
    /** Needs no authentication. */
    open?: boolean
    action?: Action | undefined
    /** See `Route`. */
    stepUp?: boolean | undefined
  }
}

/** A listener without TLS has the same type. */
export type App = FastifyInstance<Server>
export type SurfaceOf = (url: string) => HttpSurface

/** The remote end names a live connection, for a TCP socket and for the TLS socket on it. */
export type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>

/** @returns the refusal where there is one. The headers of the surface are set. */
export async function authenticate(
  surface: HttpSurface,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Authenticated | SuretyError> {
  reply.headers(surface.headers)
  const authentication = await surface.authenticate(credentialsOf(request))
  if ('principal' in authentication) return authentication
  reply.headers(authentication.headers)
  return authentication.error
}

/**
 * Every request needs authentication unless its route is open, or it asks for a file. That includes requests for no route.
 *
 * @param authenticated is called with the connection of each request that has it.
 */
export function requireAuthentication(app: App, surfaceOf: SurfaceOf, authenticated: (socket: Peer) => void): void {
  app.decorateRequest('principal', undefined)
  app.decorateRequest('session', undefined)
  app.addHook('onRequest', async (request, reply) => {
    const surface = surfaceOf(request.url)
    if (surface.echoesRequestId === true) echoRequestId(request, reply)
    surface.admit?.(credentialsOf(request))
    if (request.routeOptions.config.open === true || asksForFile(surface, request)) {
      reply.headers(surface.headers)
      return
    }
    const { principal } = await identify(surface, request, reply)
    requireRoom(surface, principal, { request, reply })
    authenticated(request.socket)
  })
  // A body may arrive slowly: a token that was revoked meanwhile does nothing.
  app.addHook('preHandler', async (request, reply) => {
    if (request.principal === undefined || request.method === 'GET') return
    await identify(surfaceOf(request.url), request, reply)
    requireFresh(request)
  })
}

const REQUEST_ID = /^[\x21-\x7e]{1,256}$/

function echoRequestId({ headers }: FastifyRequest, reply: FastifyReply): void {
  const id = headers['x-request-id']
  if (typeof id === 'string' && REQUEST_ID.test(id)) reply.header('x-request-id', id)
}

/** Only a path of no route is one of a file. */
export function asksForFile({ files }: HttpSurface, { is404, method }: FastifyRequest): boolean {
  return is404 && method === 'GET' && files !== undefined
}

/** @throws what `authenticate` returns; `NOT_PERMITTED`. */
async function identify(surface: HttpSurface, request: FastifyRequest, reply: FastifyReply): Promise<Authenticated> {
  const authentication = await authenticate(surface, request, reply)
  if (authentication instanceof SuretyError) throw authentication
  requirePermission(authentication.principal, request)
  request.principal = authentication.principal
  request.session = authentication.session
  return authentication
}

/** The principal of a request that is being answered, if it would still be answered. */
export async function principalNow(
  { authenticate }: Pick<HttpSurface, 'authenticate'>,
  request: AskedRequest,
): Promise<Principal | undefined> {
  const now = await authenticate({ ...credentialsOf(request), isAgain: true })
  const { action } = request.routeOptions.config
  return 'principal' in now && (action === undefined || mayDo(now.principal.role, action)) ? now.principal : undefined
}

/** As much of a request as every listener has. */
type AskedRequest = Pick<FastifyRequest, 'headers' | 'ip' | 'method' | 'routeOptions'>

function credentialsOf({ headers, ip, method }: Omit<AskedRequest, 'routeOptions'>): Credentials {
  const one = (name: string) => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    authorization: headers.authorization,
    address: ip,
    method,
    cookie: headers.cookie,
    origin: headers.origin,
    fetchSite: one('sec-fetch-site'),
    csrf: one(CSRF_HEADER),
  }
}

/** A stop is never refused: a script in a loop must not keep its administrator from one. @throws `RATE_LIMITED`. */
function requireRoom(
  { limiter }: HttpSurface,
  { id, name }: Principal,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): void {
  if (limiter === undefined) return
  const { waitMs, headers } = limiter.take(id)
  reply.headers(headers)
  if (waitMs === 0 || request.routeOptions.config.action === 'stop') return
  const seconds = Math.ceil(waitMs / 1000)
  reply.header('retry-after', seconds)
  throw new SuretyError('RATE_LIMITED', `too many requests of ${name}: wait ${seconds} s`)
}

/** A dry run and a plan change nothing. @throws `STEP_UP_REQUIRED`. */
function requireFresh({ session, routeOptions, body }: FastifyRequest): void {
  const { action, stepUp } = routeOptions.config
  if (session === undefined || session.isFresh) return
  if (!(stepUp ?? STEP_UP.some((one) => one === action))) return
  if (typeof body === 'object' && body !== null) {
    if (('dryRun' in body && body.dryRun === true) || ('plan' in body && body.plan === true)) return
  }
  throw new SuretyError('STEP_UP_REQUIRED', 'show the passkey, or sign in again, and repeat this within five minutes')
}

/** Requests for no route have no action: they are answered with 404. @throws `NOT_PERMITTED`. */
function requirePermission({ name, role }: Principal, request: FastifyRequest): void {
  const { action } = request.routeOptions.config
  if (action === undefined || mayDo(role, action)) return
  const why = `${name} has the role ${role}, which may not ${action}`
  throw new SuretyError('NOT_PERMITTED', `${why}: ask an administrator, or use another profile`)
}
