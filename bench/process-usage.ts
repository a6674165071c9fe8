import { readdirSync, readFileSync } from 'node:fs'

/** CPU seconds that a process has used so far, user and system together. */
export function cpuSeconds(pid: number): number {
  const { 11: user, 12: system } = statOf(pid)
  return (Number(user) + Number(system)) / TICKS_PER_SECOND
}

/** As `cpuSeconds`, with the children that have ended. */
export function cpuSecondsWithChildren(pid: number): number {
  const { 13: user, 14: system } = statOf(pid)
  return cpuSeconds(pid) + (Number(user) + Number(system)) / TICKS_PER_SECOND
}

const TICKS_PER_SECOND = 100

/** Fields of proc_pid_stat(5) from the third on. */
function statOf(pid: number | string): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** A process and everything below it. */
export function processTree(pid: number): readonly number[] {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
  return [pid, ...children.flatMap((child) => processTree(Number(child)))]
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(statOf(pid)[1])
  } catch {
    return undefined // it ended meanwhile
  }
}

/** Resident memory of a process, all of it and what no file backs. Bytes. */
export function residentBytes(pid: number): { readonly rss: number; readonly anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024
  return { rss: field('VmRSS'), anonymous: field('RssAnon') }
}
