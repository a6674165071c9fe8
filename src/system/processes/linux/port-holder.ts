import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { printable } from '../../../base/text/printable.ts'
import { descriptors, link } from './proc-files.ts'
import { readTcpTables } from './sockets.ts'

/** A person waits for the message. */
const MAX_PROCESSES = 8_192
/** A third of a second. */
const MAX_DESCRIPTORS = 65_536

/**
 * The program that listens at a TCP port, such as `node, process 4711`, for an error message. Only Linux says it, and to a user only of
 * their own processes: undefined where it is not known.
 */
export function portHolder(port: number): string | undefined {
  try {
    const listening = readTcpTables(process.pid).filter(
      ({ state, local }) => state === 'listening' && local.port === port,
    )
    const sockets = new Set(listening.map(({ inode }) => `socket:[${inode}]`))
    const pid = sockets.size === 0 ? undefined : holderOf(sockets)
    return pid === undefined ? undefined : `${programOf(pid)}, process ${pid}`
  } catch {
    return undefined
  }
}

function holderOf(sockets: ReadonlySet<string>): number | undefined {
  let left = MAX_DESCRIPTORS
  const pids = readdirSync('/proc').filter((name) => /^[1-9]\d*$/.test(name))
  for (const pid of pids.slice(0, MAX_PROCESSES).map(Number)) {
    for (const target of ofProcess(pid, left)) {
      if (sockets.has(target)) return pid
      left--
    }
  }
  return undefined
}

/** Nothing of a process that has ended, or belongs to another user. */
function ofProcess(pid: number, most: number): readonly string[] {
  try {
    return [...descriptors(pid, most)]
  } catch {
    return []
  }
}

function programOf(pid: number): string {
  const path = link(`/proc/${pid}/exe`)
  return path === undefined ? 'a program' : printable(basename(path)).slice(0, 64)
}
