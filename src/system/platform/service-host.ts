import type { ServiceManager } from '../platform.ts'

/** The service host that started the daemon with `--service-input`, told by lines on standard output. Same words as sd_notify(3). */
export function serviceHost(write: (line: string) => void): ServiceManager {
  return { startsAgain: true, ready: () => write('READY=1\n'), stopping: () => write('STOPPING=1\n') }
}
