import { SuretyError } from '../../base/errors.ts'
import type { ActionReport } from '../../protocol/gate/action.ts'
import {
  type Checked,
  type ClaimRequest,
  type ConfigEntry,
  type ControlRequest,
  type ControlResponse,
  controlResponseReader,
  type DeviceClaim,
  type LastBatch,
  type LocalStop,
  type LocalStopRequest,
  type Removal,
  type SightingsAnswer,
  type SightingsRequest,
  type Status,
  type WaitingSettings,
} from '../../protocol/messages/control.ts'
import { askLocalSocket } from '../../system/socket/local-client.ts'
import type { ConnectLocal } from '../../system/socket/local-listener.ts'

/** The requests of `surety` to the daemon. */
export interface DaemonClient {
  /**
   * @throws `DAEMON_UNREACHABLE`, `DAEMON_SILENT`, `SESSION_LIMIT` (too many clients), `SESSION_TIMEOUT` (our request came too
   * late), `NOT_PERMITTED`, `DAEMON_UNTRUSTED`, `INPUT_MALFORMED` (another program, or another version of the daemon).
   */
  status(): Promise<Status>
  /** With `unlike`, answers when the sightings have changed, or after ten seconds. */
  sightings(query: Omit<SightingsRequest, 'request'>, options?: { signal?: AbortSignal }): Promise<SightingsAnswer>
  config(): Promise<{ readonly entries: readonly ConfigEntry[]; readonly waiting?: WaitingSettings }>
  refresh(): Promise<void>
  /** Answers when the checks have run, after eight minutes at the latest. @throws `RATE_LIMITED`. */
  check(): Promise<Checked>
  lastBatch(): Promise<LastBatch>
  /** Newest first. */
  actions(): Promise<readonly ActionReport[]>
  /** Administrators only: the daemon is being removed. @throws `NOT_PERMITTED`. */
  remove(reason: string): Promise<Removal>
  /** Without an agent: all of the caller; for root, all. @throws `NOT_FOUND`, `NOT_SUPPORTED`. */
  freeze(request: LocalStopRequest): Promise<LocalStop>
  /** @throws `NOT_FOUND`, `NOT_PERMITTED` for what the directory has stopped, `CONFLICT`. */
  release(request: LocalStopRequest): Promise<LocalStop>
  /** @throws `NOT_FOUND`, `NOT_PERMITTED`, `CONFLICT`, `QUOTA_EXCEEDED`, `CONFIG_INVALID`, `DEVICE_UNKNOWN`. */
  claim(request: Omit<ClaimRequest, 'request'>): Promise<DeviceClaim>
  /** Newest first. */
  claims(): Promise<readonly DeviceClaim[]>
}

const TIMEOUT_MS = 10_000
/** How much longer the daemon may take when it waits for a change. */
const WAIT_MS = 10_000
/** How much longer other requests may take. */
const MORE_MS: Partial<Record<ControlRequest['request'], number>> = {
  // All checks: four at once, each of at most a minute, after a run that had already begun.
  check: 8 * 60_000,
  remove: WAIT_MS,
  // One stop is carried out after the other, and each is written to the disk first.
  freeze: 30_000,
  release: 30_000,
}
const MAX_BYTES = 4 * 1024 * 1024

export interface DaemonClientInit {
  readonly socket: string
  readonly timeoutMs?: number
  /** To a Unix socket if absent. */
  readonly connect?: ConnectLocal | undefined
}

export function daemonClient(init: DaemonClientInit): DaemonClient {
  const ask = async (request: ControlRequest, { signal }: { signal?: AbortSignal } = {}): Promise<ControlResponse> => {
    const waits = request.request === 'sightings' && request.unlike !== undefined
    const timeoutMs = (init.timeoutMs ?? TIMEOUT_MS) + (waits ? WAIT_MS : (MORE_MS[request.request] ?? 0))
    const options = {
      timeoutMs,
      maxBytes: MAX_BYTES,
      connect: init.connect,
      ...(signal === undefined ? {} : { signal }),
    }
    const line = await askLocalSocket(init.socket, JSON.stringify(request), options)
    const response = controlResponseReader.readJson(line)
    if ('error' in response) throw refused(response.error.code, response.error.message)
    return response
  }
  return {
    async status() {
      const response = await ask({ request: 'status' })
      return 'status' in response ? response.status : unexpected()
    },
    async sightings(query, options) {
      const response = await ask({ request: 'sightings', ...query }, options)
      return 'sightings' in response ? response.sightings : unexpected()
    },
    async config() {
      const response = await ask({ request: 'config' })
      if (!('config' in response)) return unexpected()
      const { config: entries, waiting } = response
      return { entries, ...(waiting === undefined ? {} : { waiting }) }
    },
    async refresh() {
      if (!('refresh' in (await ask({ request: 'refresh' })))) unexpected()
    },
    async check() {
      const response = await ask({ request: 'check' })
      return 'checked' in response ? response.checked : unexpected()
    },
    async remove(reason) {
      const response = await ask({ request: 'remove', reason })
      return 'removal' in response ? response.removal : unexpected()
    },
    async lastBatch() {
      const response = await ask({ request: 'last-batch' })
      return 'lastBatch' in response ? response.lastBatch : unexpected()
    },
    async actions() {
      const response = await ask({ request: 'actions' })
      return 'actions' in response ? response.actions : unexpected()
    },
    async freeze(request) {
      const response = await ask({ request: 'freeze', ...given(request) })
      return 'stopped' in response ? response.stopped : unexpected()
    },
    async release(request) {
      const response = await ask({ request: 'release', ...given(request) })
      return 'released' in response ? response.released : unexpected()
    },
    async claim(request) {
      const response = await ask({ request: 'claim', ...request })
      return 'claimed' in response ? response.claimed : unexpected()
    },
    async claims() {
      const response = await ask({ request: 'claims' })
      return 'claims' in response ? response.claims : unexpected()
    },
  }
}

function given({ agent, reason }: LocalStopRequest) {
  return { ...(agent === undefined ? {} : { agent }), ...(reason === undefined ? {} : { reason }) }
}

function refused(code: string, message: string): SuretyError {
  switch (code) {
    case 'NOT_PERMITTED':
    case 'NOT_FOUND':
    case 'CONFIG_INVALID':
    case 'DEVICE_UNKNOWN':
    case 'CONFLICT':
    case 'QUOTA_EXCEEDED':
    case 'NOT_SUPPORTED':
    case 'RATE_LIMITED':
    case 'SESSION_TIMEOUT':
      return new SuretyError(code, message)
    case 'SESSION_LIMIT':
      return new SuretyError(code, `${message} to suretyd; try again`)
  }
  return new SuretyError('INPUT_MALFORMED', `suretyd refused the request (${code}): ${message}`)
}

function unexpected(): never {
  throw new SuretyError('INPUT_MALFORMED', 'suretyd sent an answer to another request')
}
