import { link } from './proc-files.ts'

/**
 * Our number among the processes that are listed. It is not `process.pid` for a program in a process namespace of its own
 * that sees the machine's /proc.
 */
export function ownPid(): number {
  const named = Number(link('/proc/self'))
  return Number.isSafeInteger(named) ? named : process.pid
}
