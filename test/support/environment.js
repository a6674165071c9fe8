import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { TestEnvironment } from 'jest-environment-node'
import { guardChildren } from './guard-children.ts'
import { raiseToLoad, scaledMs } from './machine-speed.ts'

/** What goes away by itself is waited for: a timer of others, a socket that is being closed. */
const GONE_WITHIN_MS = 5_000
/** What a disk that others write to is asked for. */
const READ_OR_WRITTEN_WITHIN_MS = 60_000

guardChildren()
endPromptly()

/**
 * Where a file of tests runs. Ends it as failed if it leaves open what would keep the process from ending, or folders that
 * are gone: hundreds of files share a process, and what looks at its own descriptors would drown in theirs.
 */
export default class extends TestEnvironment {
  #atFirst

  async setup() {
    raiseToLoad(process.env)
    await super.setup()
    // Made of the real one when this began.
    raiseToLoad(this.global.process.env)
    this.#atFirst = openResources()
  }

  async teardown() {
    await super.teardown()
    // What a thread of the addon holds of /proc while a process keeps it waiting is no leftover.
    const left = openFolders().filter((path) => path.endsWith(' (deleted)') && !path.startsWith('/proc/'))
    if (left.length > 0) throw new Error(`folders were left open (use \`using\`): ${left.slice(0, 3).join(', ')}`)
    await this.#expectNothingLeft()
  }

  async #expectNothingLeft() {
    const atFirst = this.#atFirst
    if (atFirst === undefined) return
    const since = performance.now()
    for (;;) {
      const left = [...openResources()]
        .filter(([kind, count]) => count > (atFirst.get(kind) ?? 0))
        .map(([kind]) => kind)
      if (left.length === 0) return
      const patience = left.every((kind) => kind.startsWith('FSReq')) ? READ_OR_WRITTEN_WITHIN_MS : GONE_WITHIN_MS
      if (performance.now() - since > scaledMs(patience, { times: 5 })) {
        throw new Error(`left open, or running (close it, end it, \`using\`): ${left.join(', ')}`)
      }
      await delay(20)
    }
  }
}

/** @returns {Map<string, number>} how many of each kind of handle, timer and request this process waits for. */
function openResources() {
  const counts = new Map()
  for (const kind of process.getActiveResourcesInfo()) {
    // Immediates are over at once.
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/**
 * Ends a worker of jest's when it is told to end: it takes no more messages then. By itself it would first collect and take
 * down a heap of hundreds of MB, for longer than the half second after which jest kills it and says that something was left
 * running, which is looked for above.
 */
function endPromptly() {
  // Made when first asked for, they would count as left open.
  for (const name of ['stdin', 'stdout', 'stderr']) void process[name]
  process.on('removeListener', (name) => {
    if (name === 'message' && process.listenerCount('message') === 0) process.exit()
  })
}

/** @returns {string[]} what lies behind O_PATH descriptors of this process. */
function openFolders() {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const flags = /^flags:\t0*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0'
      const isPath = (Number.parseInt(flags, 8) & 0o10000000) !== 0
      return isPath ? [readlinkSync(`/proc/self/fd/${fd}`)] : []
    } catch {
      return []
    }
  })
}
