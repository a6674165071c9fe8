import { lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inVain, patienceMs } from './patience.ts'

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
  const withinMs = patienceMs()
  const deadline = performance.now() + withinMs
  for (let pids = pidsOf(users); pids.length > 0; pids = pidsOf(users)) {
    if (performance.now() > deadline) throw inVain(withinMs, `these do not die: ${pids.map(shown).join(', ')}`)
    for (const pid of pids) kill(pid)
    await delay(10)
  }
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
