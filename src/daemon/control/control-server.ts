import type { ErrorCode } from '../../base/errors.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { isRootId, userIdOf } from '../../base/user-id.ts'
import {
  type ConfigEntry,
  type ControlRequest,
  type ControlResponse,
  controlRequestReader,
  type Status,
} from '../../protocol/control.ts'
import type { NativeAddon } from '../../system/native/native-addon.ts'
import { type LocalServer, serveLocalSocket } from '../../system/socket/local-socket.ts'

/** Answers `surety` on the local socket. */
export interface ControlServerComponents {
  readonly addon: NativeAddon | undefined
  readonly log: Log
  /** `isRoot`: may see everything; otherwise only what belongs to `userId`, with `limitedToCaller` set. */
  readonly status: (caller: Caller) => Status | Promise<Status>
  /** Resolves when something was seen, or once the signal is aborted; left out: nothing ever is. */
  readonly sightingsChanged?: (options: { signal: AbortSignal }) => Promise<void>
  readonly config: () => readonly ConfigEntry[]
  /** Starts an attestation and a collection; does not wait for them. */
  readonly refresh: () => void
}

export interface Caller {
  readonly userId: string
  /** Root, or the user the daemon runs as. */
  readonly isRoot: boolean
}

export interface ControlServerInit {
  /** Absolute. */
  readonly socket: string
}

const MAX_REQUEST_BYTES = 64 * 1024
/** The end of the line is not counted here, and is by who reads it. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024 - 1

/**
 * Serves until disposed.
 *
 * @throws `SOCKET_IN_USE` when another daemon answers there; `STORE_FAILED`, `CONFIG_INVALID` for an unfit path.
 */
export function serveControl(components: ControlServerComponents, init: ControlServerInit): Promise<LocalServer> {
  const { addon, log } = components
  return serveLocalSocket(
    {
      addon,
      log,
      refuse: (code, message) => JSON.stringify(errorResponse(code, message)),
      async answer(line, peer, { signal }) {
        const isRoot = isRootId(peer.userId) || peer.userId === userIdOf(process.geteuid?.() ?? 0)
        return await encode(await respond(line, { userId: peer.userId, isRoot }, components, { signal }))
      },
    },
    { path: init.socket, maxLineBytes: MAX_REQUEST_BYTES },
  )
}

async function respond(
  line: string,
  caller: Caller,
  components: ControlServerComponents,
  options: { signal: AbortSignal },
): Promise<ControlResponse> {
  try {
    const asked = controlRequestReader.readJson(line)
    if (!FOR_ALL.includes(asked.request) && !caller.isRoot) {
      return errorResponse('NOT_PERMITTED', `${asked.request} is for root only`)
    }
    return await perform(asked, caller, components, options)
  } catch (error) {
    const code = codeOf(error)
    if (code !== undefined) return errorResponse(code, describeError(error))
    components.log.error('control request failed', { reason: describeError(error) })
    return errorResponse('STORE_FAILED', 'the daemon failed; its log says why')
  }
}

const FOR_ALL: readonly ControlRequest['request'][] = ['status', 'sightings']

async function perform(
  asked: ControlRequest,
  caller: Caller,
  components: ControlServerComponents,
  options: { signal: AbortSignal },
): Promise<ControlResponse> {
  switch (asked.request) {
    case 'status':
      return { status: await components.status(caller) }
    case 'sightings': {
      // Loaded when it is first asked for: most daemons never are.
      const { toldSightings } = await import('./sightings-long-poll.ts')
      const { sightingsChanged = untilAborted } = components
      const parts = { status: () => components.status(caller), sightingsChanged, sleep }
      return { sightings: await toldSightings(parts, asked, options) }
    }
    case 'config':
      return { config: [...components.config()] }
    case 'refresh':
      components.log.info('refresh asked for', { user: caller.userId })
      components.refresh()
      return { refresh: 'started' }
    default:
      return asked satisfies never
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
  const { fitted } = await import('./truncate-answer.ts')
  const shorter = JSON.stringify(fitted(response, MAX_RESPONSE_BYTES))
  if (Buffer.byteLength(shorter) <= MAX_RESPONSE_BYTES) return shorter
  return JSON.stringify(errorResponse('INPUT_TOO_LARGE', 'the answer does not fit: ask the directory'))
}

function errorResponse(code: ErrorCode, message: string): ControlResponse {
  return { error: { code, message: message.slice(0, 1000) } }
}
