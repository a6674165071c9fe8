import { readFileSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { loadNativeAddon } from '../../../../../src/system/native/native-addon.ts'
import { linuxProcessEvents } from '../../../../../src/system/processes/linux/process-events.ts'
import type { ProcessEvent, ProgramFilter } from '../../../../../src/system/processes/process-events.ts'
import { waitFor } from '../../../../support/wait-for.ts'

export const IS_ROOT = process.getuid?.() === 0

/** Events come in batches of ten seconds. Earlier ones were delivered at once. */
const UNASKED_MS = 8_000
const ALL = ['fork', 'exec', 'session', 'exit'] as const

export interface WatchingInit {
  receiveBytes?: number
  release?: string
  kinds?: readonly ProcessEvent['kind'][]
  /** For a test that waits for an event. Without it, events come in their batches. */
  taking?: boolean
}

const QUEUE = '/proc/sys/fs/fanotify/max_queued_events'
const NEXT_TO_NONE = '1'

/** Begins a watch that the kernel queues next to nothing for. It is a setting of the machine: others wait meanwhile. */
export function withSmallQueue<T>(begin: () => T): T {
  const usual = readFileSync(QUEUE, 'utf8')
  writeFileSync(QUEUE, NEXT_TO_NONE)
  try {
    return begin()
  } finally {
    writeFileSync(QUEUE, usual)
  }
}

/** A watch keeps the room that it was begun with, and one without any loses events for as long as it lives. */
function waitForUsualQueue(): void {
  const turn = new Int32Array(new SharedArrayBuffer(4))
  const isSmall = () => IS_ROOT && readFileSync(QUEUE, 'utf8').trim() === NEXT_TO_NONE
  for (let turns = 0; turns < 400 && isSmall(); turns++) Atomics.wait(turn, 0, 0, 5)
}

/** A real watch, and what it has told so far. */
export function watching(init: WatchingInit = {}) {
  waitForUsualQueue()
  const events: ProcessEvent[] = []
  const state = { lost: false }
  const source = linuxProcessEvents({ addon: loadNativeAddon() }, { release: release(), ...init })
  const { kinds = ALL } = init
  const watch = source.watch(kinds, (told) => {
    events.push(...told.events)
    state.lost ||= told.lost
  })
  return {
    events,
    state,
    async until(done: () => boolean) {
      const startedAt = performance.now()
      const look = () => {
        if (init.taking !== false) watch.take?.()
        return done()
      }
      await waitFor(`what ${done} asks for`, look, { everyMs: 2, show: () => events.slice(-20) })
      if (init.taking === false) expect(performance.now() - startedAt).toBeLessThan(UNASKED_MS)
    },
    take: () => watch.take?.(),
    watchProcess: (...wanted: Parameters<NonNullable<typeof watch.watchProcess>>) => watch.watchProcess?.(...wanted),
    setFilter: (programs: ProgramFilter) => watch.setFilter?.(programs),
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  }
}

/** Does the kernel of that release leave out what was not asked for? */
export function hasFilter(name: string): boolean {
  const [major = 0, minor = 0] = name.split('.').map(Number)
  return major > 6 || (major === 6 && minor >= 6)
}
