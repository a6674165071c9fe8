import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DaemonClient, daemonClient } from '../../../../src/cli/command/daemon-client.ts'
import type { Status } from '../../../../src/protocol/messages/control.ts'
import type { AgentSighting, Sighting } from '../../../../src/protocol/sighting.ts'
import { type DaemonProcess, daemonProcess } from '../../../support/daemon/daemon-process.ts'
import { scaledMs } from '../../../support/machine-speed.ts'
import { waitFor } from '../../../support/wait-for.ts'
import type { LabUser } from './lab-users.ts'
import type { Laboratory } from './laboratory.ts'

/** The real `suretyd` as root, with the users of a laboratory for its own, and what it says on its socket. */
export interface WatchingDaemon extends AsyncDisposable {
  readonly pid: number
  status(): Promise<Status>
  /** Its log so far. */
  log(): string
  /** As root at this device. */
  readonly client: Pick<DaemonClient, 'freeze' | 'release'>
  /** The first thing that `find` finds in its status. @throws what `describe` says when it does not within the time. */
  until<T>(find: (status: Status) => T | undefined, describe: (status: Status) => string): Promise<T>
}

export async function watchWithDaemon(
  laboratory: Laboratory,
  init: {
    readonly folder: string
    readonly main: string
    readonly args?: readonly string[]
    /** Of the directory that it tells what it sees. */
    readonly enrolment?: string
  },
): Promise<WatchingDaemon> {
  const { folder, main } = init
  if (init.enrolment !== undefined) writeFileSync(join(folder, 'enrolment'), init.enrolment, { mode: 0o600 })
  const args = ['--keys', 'software', ...(init.args ?? [])]
  const daemon: DaemonProcess = daemonProcess({ folder, main, args, prefix: laboratory.inside })
  const client = daemonClient({ socket: join(folder, 'run', 'control.sock'), timeoutMs: scaledMs(10_000) })
  try {
    await daemon.listening()
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
  return {
    pid: daemon.pid,
    client,
    log: () => daemon.stderr(),
    status: () => client.status(),
    async until(find, describe) {
      const look = async () => find(await client.status())
      const show = async () => describe(await client.status())
      return await waitFor(`what ${find} finds`, look, { everyMs: 50, show })
    },
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  }
}

export function sightingsOf(status: Status, user: LabUser): readonly Sighting[] {
  return status.sightings.filter((sighting) => sighting.user?.id === String(user.uid))
}

export function runningAgentsOf(status: Status, user: LabUser): readonly AgentSighting[] {
  return sightingsOf(status, user).filter(
    (each): each is AgentSighting => each.kind === 'agent' && each.state === 'running',
  )
}
