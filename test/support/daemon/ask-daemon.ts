import { type ControlResponse, controlResponseReader, type Status } from '../../../src/protocol/messages/control.ts'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { scaledMs } from '../machine-speed.ts'
import { waitFor } from '../wait-for.ts'

/** Asks a daemon at its socket, for longer than a person would wait: many daemons of tests share few cores. */
export async function askDaemon(socket: string, request: 'status' | 'refresh' | 'config'): Promise<ControlResponse> {
  const limits = { timeoutMs: scaledMs(30_000), maxBytes: 4 * 1024 * 1024 }
  return controlResponseReader.readJson(await askLocalSocket(socket, JSON.stringify({ request }), limits))
}

export async function statusAt(socket: string): Promise<Status> {
  const answer = await askDaemon(socket, 'status')
  if (!('status' in answer)) throw new Error(JSON.stringify(answer))
  return answer.status
}

/** Resolves with the first status for which `holds`. */
export function waitForStatus(socket: string, holds: (status: Status) => boolean): Promise<Status> {
  return waitFor('status', () => statusAt(socket), { until: holds, everyMs: 50, show: brief })
}

/** What a failing wait says of a status: all but what was found, which may be long. */
export function brief(status: Status | undefined): string {
  const { findings, sources, sightings, ...rest } = status ?? { findings: [], sources: [], sightings: [] }
  const counts = { findings: findings.length, sources: sources.length, sightings: sightings.length }
  return JSON.stringify({ ...rest, result: undefined, inventory: undefined, ...counts })
}
