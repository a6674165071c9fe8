import { lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../../../support/wait-for.ts'

/** Whose processes are meant. */
interface ProcessOwner {
  readonly uid: number
}

/** Every process of theirs, now. */
export function pidsOf(users: readonly ProcessOwner[]): number[] {
  const uids = new Set(users.map(({ uid }) => uid))
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      return uids.has(statSync(`/proc/${name}`).uid) && !isZombie(name) ? [Number(name)] : []
    } catch {
      return [] // has ended
    }
  })
}

/** In one line; nothing when it has ended. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
  } catch {
    return ''
  }
}

/** Has ended, and nobody has asked how: a container's first process may never do so. */
function isZombie(pid: string): boolean {
  return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** By user: an ordinary user cannot become another, so nothing that an agent started escapes this. */
export async function endAll(users: readonly ProcessOwner[]): Promise<void> {
  const killed = () => {
    const pids = pidsOf(users)
    for (const pid of pids) kill(pid)
    return pids
  }
  await waitFor('their ends', killed, { until: (pids) => pids.length === 0, show: (pids) => pids.map(shown) })
  for (const { uid } of users) removeLeftovers(uid)
}

function shown(pid: number): string {
  return `${pid} (${commandLineOf(pid)})`
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // has ended
  }
}

/** Not every agent obeys TMPDIR. */
function removeLeftovers(uid: number): void {
  for (const name of readdirSync('/tmp')) {
    const path = join('/tmp', name)
    try {
      if (lstatSync(path).uid === uid) rmSync(path, { recursive: true, force: true })
    } catch {
      // is gone
    }
  }
}
