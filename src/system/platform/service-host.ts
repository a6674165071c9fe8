import type { ServiceManager } from '../platform.ts'

/** The service host that started the daemon with `--service-input`, told by lines on standard output. Same words as sd_notify(3). */
export function serviceHost(write: (line: string) => void): ServiceManager {
  return { startsAgain: true, ready: () => write('READY=1\n'), stopping: () => write('STOPPING=1\n') }
}

/** Asks it to start another version of the daemon, once this program has ended with exit code 0; see `native/windows/service/child.h`. */
export function startInstead(version: string): string {
  return `START=${version}\n`
}
