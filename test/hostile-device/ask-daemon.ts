import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ControlResponse, controlResponseReader, type Status } from '../../src/protocol/control.ts'
import { askLocalSocket } from '../../src/system/local-client.ts'

/** Asks the daemon whose places lie below `folder`, as `daemonProcess` starts it. */
export async function askDaemon(folder: string, request: 'status' | 'refresh' | 'config'): Promise<ControlResponse> {
  const socket = join(folder, 'run', 'control.sock')
  const limits = { timeoutMs: 20_000, maxBytes: 4 * 1024 * 1024 }
  return controlResponseReader.readJson(await askLocalSocket(socket, JSON.stringify({ request }), limits))
}

/** Resolves with the first status for which `holds`; the test's own time limit is the end of patience. */
export async function untilStatus(folder: string, holds: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const now = await askDaemon(folder, 'status')
    if ('status' in now && holds(now.status)) return now.status
    await delay(100)
  }
}

/** Everything was looked at once: all checks, the hardware, the homes. */
export function isCollected({ findings, inventory, sources }: Status): boolean {
  return (
    findings.length > 12 && inventory !== undefined && sources.some(({ source }) => source === 'firefox-extensions')
  )
}
