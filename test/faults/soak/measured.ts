/**
 * Preloaded into a process that is watched (`node --expose-gc --import`): tells on its IPC channel what it holds, whenever
 * it is asked. `SOAK_PLANT` makes it leak on purpose, to see that the watch finds it.
 */
import { EventEmitter, getEventListeners } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'

/** What one process holds, after all garbage is gone. */
export interface Held {
  readonly heapBytes: number
  /** What keeps the event loop alive, as Node counts it. */
  readonly handles: number
  /** On all emitters and event targets that are still alive. */
  readonly listeners: number
  readonly rssBytes: number
}

const targets = new Map<number, WeakRef<EventEmitter | EventTarget>>()
const known = new WeakSet<object>()
let next = 0

function note(target: EventEmitter | EventTarget): void {
  if (known.has(target)) return
  known.add(target)
  targets.set(next++, new WeakRef(target))
}

/** Notes each emitter when it gets its first listener. */
function watchListeners(): void {
  const emitter = EventEmitter.prototype
  for (const name of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const) {
    const original = emitter[name]
    emitter[name] = function (this: EventEmitter, ...args: Parameters<typeof original>) {
      note(this)
      return original.apply(this, args)
    }
  }
  const add = EventTarget.prototype.addEventListener
  EventTarget.prototype.addEventListener = function (this: EventTarget, ...args: Parameters<typeof add>) {
    note(this)
    add.apply(this, args)
  }
}

function countListeners(): number {
  let count = 0
  for (const [key, reference] of targets) {
    const target = reference.deref()
    if (target === undefined) targets.delete(key)
    else if (target instanceof EventEmitter) {
      for (const name of target.eventNames()) count += target.listenerCount(name)
    } else count += getEventListeners(target, 'abort').length
  }
  return count
}

async function held(): Promise<Held> {
  for (let each = 0; each < 4; each++) {
    globalThis.gc?.()
    await turn()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return {
    heapBytes: heapUsed + external,
    handles: process.getActiveResourcesInfo().length,
    listeners: countListeners(),
    rssBytes: rss,
  }
}

const planted: unknown[] = []

function plant(what: string | undefined): void {
  const leak: Readonly<Record<string, () => void>> = {
    descriptor: () => planted.push(openSync('/dev/null', 'r')),
    listener: () => void process.on('SIGWINCH', () => undefined),
    memory: () => planted.push(Array.from({ length: 500 }, () => ({}))),
    /** 40 KB a second, however late the timer is. */
    trickle() {
      while (planted.length < performance.now() / 25) planted.push(Array(125).fill(0.5))
    },
    handle: () => planted.push(setInterval(() => undefined, 1e9)),
    wal() {
      const path = process.env.SOAK_DATABASE
      if (planted.length > 0 || path === undefined || !existsSync(path)) return
      // Who reads for ever keeps the log from being written over.
      const reader = new DatabaseSync(path, { readOnly: true })
      reader.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
      planted.push(reader)
    },
  }
  const work = leak[what ?? '']
  if (work !== undefined) setInterval(work, 20).unref()
}

process.setMaxListeners(0)
watchListeners()
plant(process.env.SOAK_PLANT)
process.on('message', () => void held().then((answer) => process.send?.(answer)))
process.channel?.unref()
