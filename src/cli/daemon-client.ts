import { SuretyError } from '../base/errors.ts'
import {
  type ConfigEntry,
  type ControlRequest,
  type ControlResponse,
  controlResponseReader,
  type Status,
} from '../protocol/control.ts'
import { askLocalSocket } from '../system/local-client.ts'

/** What `surety` asks of the daemon. */
export interface DaemonClient {
  /** @throws `DAEMON_UNREACHABLE`, `NOT_PERMITTED`, `INPUT_MALFORMED` (not our daemon, or of another version). */
  status(): Promise<Status>
  config(): Promise<readonly ConfigEntry[]>
  refresh(): Promise<void>
}

const TIMEOUT_MS = 10_000
const MAX_BYTES = 4 * 1024 * 1024

export function daemonClient(init: { readonly socket: string; readonly timeoutMs?: number }): DaemonClient {
  const ask = async (request: ControlRequest['request']): Promise<ControlResponse> => {
    const options = { timeoutMs: init.timeoutMs ?? TIMEOUT_MS, maxBytes: MAX_BYTES }
    const line = await askLocalSocket(init.socket, JSON.stringify({ request } satisfies ControlRequest), options)
    const response = controlResponseReader.readJson(line)
    if ('error' in response) throw refused(response.error.code, response.error.message)
    return response
  }
  return {
    async status() {
      const response = await ask('status')
      return 'status' in response ? response.status : unexpected()
    },
    async config() {
      const response = await ask('config')
      return 'config' in response ? response.config : unexpected()
    },
    async refresh() {
      if (!('refresh' in (await ask('refresh')))) unexpected()
    },
  }
}

function refused(code: string, message: string): SuretyError {
  if (code === 'NOT_PERMITTED') return new SuretyError('NOT_PERMITTED', message)
  return new SuretyError('INPUT_MALFORMED', `the daemon refused (${code}): ${message}`)
}

function unexpected(): never {
  throw new SuretyError('INPUT_MALFORMED', 'the daemon answered something else than was asked')
}
