import { readFileSync } from 'node:fs'

/** CPU seconds that a process has used so far, user and system together. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // utime and stime, fields 14 and 15, in ticks of 1/100 s on Linux
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Resident memory of a process, all of it and what no file backs. Bytes. */
export function residentBytes(pid: number): { readonly rss: number; readonly anonymous: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024
  return { rss: field('VmRSS'), anonymous: field('RssAnon') }
}
