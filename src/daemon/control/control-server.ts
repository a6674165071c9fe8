import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type TokenBucket, tokenBucket } from '../../base/token-bucket.ts'
import type { ActionReport } from '../../protocol/gate/action.ts'
import {
  type Checked,
  type ClaimRequest,
  type ConfigEntry,
  type ControlRequest,
  type ControlResponse,
  controlRequestReader,
  type DeviceClaim,
  type LastBatch,
  type LocalStops,
  type Removal,
  type Status,
  type WaitingSettings,
} from '../../protocol/messages/control.ts'
import type { ListenLocal } from '../../system/socket/local-listener.ts'
import { type LocalServer, serveLocalSocket } from '../../system/socket/local-socket.ts'
import type { Peers } from '../../system/socket/peers.ts'

/** What the local socket serves to `surety`. */
export interface ControlServerComponents {
  readonly peers: Peers
  /** On a Unix socket if absent. */
  readonly listen?: ListenLocal | undefined
  readonly log: Log
  /** The user the daemon runs as. */
  readonly ownUserId: string
  /** Root sees everything. Other callers see only what belongs to their `userId`, with `limitedToCaller` set. */
  readonly status: (caller: Caller) => Status | Promise<Status>
  /** Resolves when sightings may have changed, or once the signal is aborted. Absent: they never change. */
  readonly sightingsChanged?: (options: { signal: AbortSignal }) => Promise<void>
  readonly config: () => readonly ConfigEntry[]
  /** What is set now and not in use. */
  readonly waitingSettings?: (() => Promise<WaitingSettings | undefined>) | undefined
  /** Starts an attestation and a collection without waiting for them. */
  readonly refresh: () => void
  /** Runs the checks and writes what is new as evidence. Absent: nothing can be checked. */
  readonly check?: (options: { signal: AbortSignal }) => Promise<Omit<Checked, 'time'>>
  /** The batch that was written last, as `caller` may see it. */
  readonly lastBatch?: (caller: Caller) => LastBatch
  /** The newest actions that were written, as `caller` may see them. */
  readonly actions?: (caller: Caller) => ActionReport[]
  /** Absent: nothing can be stopped. */
  readonly stops?: LocalStops<Caller> | undefined
  /** What users say of their agents. Absent: nothing can be claimed. */
  readonly claims?: {
    claim(request: Omit<ClaimRequest, 'request'>, caller: Caller): Promise<DeviceClaim>
    list(caller: Caller): readonly DeviceClaim[]
  }
  /** An administrator removes the daemon. Absent: that is not reported. */
  readonly remove?: (
    act: { readonly by: string; readonly reason: string },
    options: { signal: AbortSignal },
  ) => Promise<Removal>
  readonly clock?: Pick<Clock, 'now'>
}

export interface Caller {
  readonly userId: string
  /** An administrator (see `Peer`), or the user the daemon runs as. */
  readonly isRoot: boolean
}

export interface ControlServerInit {
  /** Absolute, or on Windows the name of a pipe. */
  readonly socket: string
}

const MAX_REQUEST_BYTES = 64 * 1024
/** Without the line feed, which the reader's limit of 4 MiB includes. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024 - 1

/**
 * Serves until disposed.
 *
 * @throws `SOCKET_IN_USE` when another daemon answers on the socket; `STORE_FAILED`, `CONFIG_INVALID` for an unusable path.
 */
export function serveControl(components: ControlServerComponents, init: ControlServerInit): Promise<LocalServer> {
  const { peers, listen, log, ownUserId } = components
  const checkLimit = createCheckLimit(components.clock ?? { now: Date.now })
  return serveLocalSocket(
    {
      peers,
      listen,
      log,
      refuse: (code, message) => JSON.stringify(errorResponse(code, message)),
      async answer(line, peer, { signal }) {
        const isRoot = peer.isAdministrator || peer.userId === ownUserId
        return await encode(
          await respond(line, { userId: peer.userId, isRoot }, { ...components, checkLimit }, { signal }),
        )
      },
    },
    { path: init.socket, maxLineBytes: MAX_REQUEST_BYTES },
  )
}

async function respond(
  line: string,
  caller: Caller,
  components: ControlServerComponents & { readonly checkLimit: CheckLimit },
  options: { signal: AbortSignal },
): Promise<ControlResponse> {
  try {
    const request = controlRequestReader.readJson(line)
    if (!FOR_EVERY_USER.includes(request.request) && !caller.isRoot) {
      return errorResponse('NOT_PERMITTED', `${request.request} is for administrators only`)
    }
    return await perform(request, caller, components, options)
  } catch (error) {
    const code = codeOf(error)
    if (code !== undefined) return errorResponse(code, describeError(error))
    components.log.error('control request failed', { reason: describeError(error) })
    return errorResponse('STORE_FAILED', 'the daemon failed; its log names the reason')
  }
}

const FOR_EVERY_USER: readonly ControlRequest['request'][] = [
  ...(['status', 'sightings', 'check', 'last-batch', 'actions', 'freeze', 'release', 'claim', 'claims'] as const),
]

async function perform(
  request: ControlRequest,
  caller: Caller,
  components: ControlServerComponents & { readonly checkLimit: CheckLimit },
  options: { signal: AbortSignal },
): Promise<ControlResponse> {
  switch (request.request) {
    case 'status':
      return { status: await components.status(caller) }
    case 'sightings': {
      // Loaded on first use, since most daemons never get this request.
      const { waitForSightings } = await import('./sightings-long-poll.ts')
      const { sightingsChanged = untilAborted } = components
      const parts = { status: () => components.status(caller), sightingsChanged, sleep }
      return { sightings: await waitForSightings(parts, request, options) }
    }
    case 'config': {
      const waiting = await components.waitingSettings?.()
      return { config: [...components.config()], ...(waiting === undefined ? {} : { waiting }) }
    }
    case 'refresh':
      components.log.info('refresh requested', { user: caller.userId })
      components.refresh()
      return { refresh: 'started' }
    case 'check': {
      if (components.check === undefined) throw new SuretyError('NOT_SUPPORTED', 'this daemon runs no checks')
      components.checkLimit.take(caller)
      components.log.info('checks requested', { user: caller.userId })
      const checked = await components.check(options)
      return { checked: { ...checked, time: (components.clock ?? Date).now() } }
    }
    case 'last-batch':
      return { lastBatch: components.lastBatch?.(caller) ?? {} }
    case 'actions':
      return { actions: components.actions?.(caller) ?? [] }
    case 'freeze':
    case 'release': {
      if (components.stops === undefined) throw new SuretyError('NOT_SUPPORTED', 'agents cannot be stopped here')
      const { request: what, agent } = request
      components.log.info(`${what} requested`, { user: caller.userId, agent: agent ?? 'all' })
      const answer = await components.stops[what](request, caller)
      return what === 'freeze' ? { stopped: answer } : { released: answer }
    }
    case 'claim': {
      if (components.claims === undefined) throw new SuretyError('NOT_SUPPORTED', 'agents cannot be claimed here')
      const { request: _, ...asked } = request
      const claimed = await components.claims.claim(asked, caller)
      components.log.info('agent claimed', { user: caller.userId, agent: asked.agent, claim: claimed.claim.id })
      return { claimed }
    }
    case 'remove': {
      if (components.remove === undefined) throw new SuretyError('NOT_SUPPORTED', 'this daemon reports no removal')
      components.log.warn('removal announced', { user: caller.userId, reason: request.reason })
      return { removal: await components.remove({ by: caller.userId, reason: request.reason }, options) }
    }
    case 'claims':
      return { claims: [...(components.claims?.list(caller) ?? [])] }
    default:
      return request satisfies never
  }
}

function sleep(ms: number, { signal }: { signal: AbortSignal }): Promise<void> {
  return untilAborted({ signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]) })
}

function untilAborted({ signal }: { signal: AbortSignal }): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function encode(response: ControlResponse): Promise<string> {
  const line = JSON.stringify(response)
  if (Buffer.byteLength(line) <= MAX_RESPONSE_BYTES) return line
  const { truncateAnswer } = await import('./truncate-answer.ts')
  const shorter = JSON.stringify(truncateAnswer(response, MAX_RESPONSE_BYTES))
  if (Buffer.byteLength(shorter) <= MAX_RESPONSE_BYTES) return shorter
  return JSON.stringify(errorResponse('INPUT_TOO_LARGE', 'the answer is too large; ask the directory instead'))
}

function errorResponse(code: ErrorCode, message: string): ControlResponse {
  return { error: { code, message: message.slice(0, 1000) } }
}

/** How often each user may have the checks run. */
interface CheckLimit {
  /** @throws `RATE_LIMITED` with the time to wait. Root is never limited. */
  take(caller: { readonly userId: string; readonly isRoot: boolean }): void
}

/** The third request in a row of one user waits. One run of the checks starts some twenty programs. */
const LIMIT = { perSecond: 1 / 30, burst: 2 }
/** Users of one device. Beyond that the oldest is forgotten. */
const MAX_USERS = 1000

export function createCheckLimit(clock: Pick<Clock, 'now'>): CheckLimit {
  const buckets = new Map<string, { readonly bucket: TokenBucket; until: number }>()
  return {
    take({ userId, isRoot }) {
      if (isRoot) return
      const now = clock.now()
      const entry = buckets.get(userId) ?? { bucket: tokenBucket({ ...LIMIT, nowMs: now }), until: now }
      buckets.delete(userId)
      buckets.set(userId, entry)
      const [oldest] = buckets.keys()
      if (buckets.size > MAX_USERS && oldest !== undefined) buckets.delete(oldest)
      // A refused request costs nothing: repeating it does not lengthen the wait.
      if (now < entry.until) throw limited(entry.until - now)
      entry.until = now + entry.bucket.take(1, now)
    },
  }
}

function limited(waitMs: number): SuretyError {
  return new SuretyError('RATE_LIMITED', `the checks ran a moment ago; try again in ${Math.ceil(waitMs / 1000)} s`)
}
