import { SuretyError } from '../base/errors.ts'
import {
  type ConfigEntry,
  type ControlRequest,
  type ControlResponse,
  controlResponseReader,
  type SightingsAnswer,
  type SightingsRequest,
  type Status,
} from '../protocol/control.ts'
import { askLocalSocket } from '../system/socket/local-client.ts'

/** What `surety` asks of the daemon. */
export interface DaemonClient {
  /**
   * @throws `DAEMON_UNREACHABLE`, `DAEMON_SILENT`, `SESSION_LIMIT` (it serves too many at once), `SESSION_TIMEOUT` (we took too
   * long to ask), `NOT_PERMITTED`, `INPUT_MALFORMED` (not our daemon, or of another version).
   */
  status(): Promise<Status>
  /** With `unlike`, once there is something else to tell; after ten seconds in any case. */
  sightings(asked: Omit<SightingsRequest, 'request'>, options?: { signal?: AbortSignal }): Promise<SightingsAnswer>
  config(): Promise<readonly ConfigEntry[]>
  refresh(): Promise<void>
}

const TIMEOUT_MS = 10_000
/** What the daemon may take longer where it waits for something to tell. */
const WAIT_MS = 10_000
const MAX_BYTES = 4 * 1024 * 1024

export function daemonClient(init: { readonly socket: string; readonly timeoutMs?: number }): DaemonClient {
  const ask = async (asked: ControlRequest, { signal }: { signal?: AbortSignal } = {}): Promise<ControlResponse> => {
    const waits = asked.request === 'sightings' && asked.unlike !== undefined
    const timeoutMs = (init.timeoutMs ?? TIMEOUT_MS) + (waits ? WAIT_MS : 0)
    const options = { timeoutMs, maxBytes: MAX_BYTES, ...(signal === undefined ? {} : { signal }) }
    const line = await askLocalSocket(init.socket, JSON.stringify(asked), options)
    const response = controlResponseReader.readJson(line)
    if ('error' in response) throw refused(response.error.code, response.error.message)
    return response
  }
  return {
    async status() {
      const response = await ask({ request: 'status' })
      return 'status' in response ? response.status : unexpected()
    },
    async sightings(asked, options) {
      const response = await ask({ request: 'sightings', ...asked }, options)
      return 'sightings' in response ? response.sightings : unexpected()
    },
    async config() {
      const response = await ask({ request: 'config' })
      return 'config' in response ? response.config : unexpected()
    },
    async refresh() {
      if (!('refresh' in (await ask({ request: 'refresh' })))) unexpected()
    },
  }
}

function refused(code: string, message: string): SuretyError {
  switch (code) {
    case 'NOT_PERMITTED':
    case 'SESSION_TIMEOUT':
      return new SuretyError(code, message)
    case 'SESSION_LIMIT':
      return new SuretyError(code, `${message} to the daemon: try again`)
  }
  return new SuretyError('INPUT_MALFORMED', `the daemon refused (${code}): ${message}`)
}

function unexpected(): never {
  throw new SuretyError('INPUT_MALFORMED', 'the daemon answered something else than was asked')
}
