import { describeError, SuretyError } from '../../../base/errors.ts'
import { refusedRight } from '../../../base/refused-right.ts'
import type { NativeAddon } from '../../native/native-addon.ts'
import type { ProcessEventSource } from '../process-events.ts'
import { EVENT_BITS, ProcessEventRecords, RECORD_ROOM } from './event-records.ts'

/** The kernel keeps so much for us while we are busy: some 10,000 events. */
const RECEIVE_BYTES = 8 * 1024 * 1024
/** Since then the kernel leaves out what was not asked for. */
const FILTER_SINCE = [6, 6] as const

export interface ProcessEventsInit {
  /** Of the kernel, as uname(2) tells it: `6.12.4-amd64`. */
  readonly release: string
  /** Smaller in tests, so that it overflows. */
  readonly receiveBytes?: number
  /** Without fanotify: to know what it costs. */
  readonly withoutFiles?: boolean
}

/**
 * The process connector of Linux through the addon, paired with fanotify, which knows the file that is run. A thread of the
 * addon polls both and reads each process at its exec, so that the loop may be busy, and a process may keep its reader waiting.
 */
export function linuxProcessEvents(
  { addon }: { readonly addon: Pick<NativeAddon, 'watchProcesses'> },
  init: ProcessEventsInit,
): ProcessEventSource {
  return {
    watch(kinds, onEvents, { variables = new Set<string>() } = {}) {
      const bytes = new Uint8Array(RECORD_ROOM)
      const records = new ProcessEventRecords(bytes, new Set(kinds))
      const mask = kinds.reduce((sum, kind) => sum + EVENT_BITS[kind], 0)
      const told = (used: number, lost: number) => {
        const events = records.read(used)
        if (events.length > 0 || lost !== 0) onEvents({ events, lost: lost !== 0 })
      }
      try {
        const receiveBytes = init.receiveBytes ?? RECEIVE_BYTES
        const filter = hasEventFilter(init.release) ? mask : 0
        const watch = addon.watchProcesses(
          bytes,
          filter,
          receiveBytes,
          texts([...variables]),
          init.withoutFiles !== true,
          told,
        )
        return {
          filesFault: filesFault(watch.filesFault),
          setFilter: (programs) =>
            watch.setFilter(texts(programs.names), texts(programs.parts), texts(programs.arguments)),
          take: () => watch.take(),
          watchProcess: (pid, { forks = false } = {}) => watch.watchProcess(pid, forks),
          [Symbol.dispose]: () => watch.close(),
        }
      } catch (cause) {
        const refused = isRefusal(describeError(cause))
        throw new SuretyError(
          refused ? 'NOT_PERMITTED' : 'ADDON_UNAVAILABLE',
          refused
            ? refusedRight('follow processes as they start', 'CAP_NET_ADMIN', process.geteuid?.())
            : 'this kernel has no process connector',
          { cause },
        )
      }
    },
  }
}

/** As the addon reads them: each ends in NUL. */
function texts(list: readonly string[]): string {
  return list.map((text) => `${text}\0`).join('')
}

function filesFault(reason: string | undefined): SuretyError | undefined {
  if (reason === undefined) return undefined
  return isRefusal(reason)
    ? new SuretyError('NOT_PERMITTED', refusedRight('see which files are run', 'CAP_SYS_ADMIN', process.geteuid?.()))
    : new SuretyError('ADDON_UNAVAILABLE', `this kernel does not tell which files are run: ${reason}`)
}

function isRefusal(text: string): boolean {
  return /Operation not permitted|Permission denied/.test(text)
}

/** Whether the kernel leaves out events that were not asked for. */
export function hasEventFilter(release: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10))
  return major > FILTER_SINCE[0] || (major === FILTER_SINCE[0] && minor >= FILTER_SINCE[1])
}
