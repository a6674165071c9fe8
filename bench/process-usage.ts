import { readdirSync, readFileSync } from 'node:fs'

/** CPU seconds of a process so far, user and system. */
export function cpuSeconds(pid: number): number {
  const { 11: user, 12: system } = statOf(pid)
  return (Number(user) + Number(system)) / TICKS_PER_SECOND
}

/** Like `cpuSeconds`, with ended children. */
export function cpuSecondsWithChildren(pid: number): number {
  const { 13: user, 14: system } = statOf(pid)
  return cpuSeconds(pid) + (Number(user) + Number(system)) / TICKS_PER_SECOND
}

const TICKS_PER_SECOND = 100

/** The fields of proc_pid_stat(5) from the third on. */
function statOf(pid: number | string): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** A process and its descendants. */
export function processTree(pid: number): readonly number[] {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
  return [pid, ...children.flatMap((child) => processTree(Number(child)))]
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(statOf(pid)[1])
  } catch {
    return undefined // it has ended
  }
}

/** Resident bytes of a process: all, and those without a file. */
export function residentBytes(pid: number): { readonly rss: number; readonly anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024
  return { rss: field('VmRSS'), anonymous: field('RssAnon') }
}
