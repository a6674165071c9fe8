import type { ProcessDetails } from '../process-details.ts'
import { descriptors, MAX_DESCRIPTORS, shareOf, whileItIs } from './proc-files.ts'

/** See `ProcessDetails.openFiles`. @param init.most descriptors. */
export function openFilesOf(
  processes: Parameters<ProcessDetails['openFiles']>[0],
  init = { most: MAX_DESCRIPTORS },
): ReturnType<ProcessDetails['openFiles']> {
  const found = new Map<number, readonly string[]>()
  let left = init.most
  for (const [at, process] of processes.entries()) {
    if (left === 0) break
    const targets = whileItIs(process, () => [...descriptors(process.pid, shareOf(left, processes.length - at))])
    if (targets === undefined) continue
    left -= targets.length
    found.set(process.pid, targets.filter(isFile))
  }
  return found
}

/** A regular file by its path; what the kernel makes up has none, and a device holds nothing. */
function isFile(target: string): boolean {
  return target.startsWith('/') && !target.startsWith('/dev/') && !target.startsWith('/proc/')
}
