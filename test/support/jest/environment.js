import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { TestEnvironment } from 'jest-environment-node'
import { raiseToLoad, scaledMs } from '../machine-speed.ts'
import { killChildrenAtExit } from './child-cleanup.ts'
import { isMisnamed } from './suites.ts'

/** The wait for resources that end by themselves, such as a closing socket. */
const END_LIMIT_MS = 5_000
/** The wait for file operations on a busy disk. */
const FILE_LIMIT_MS = 60_000

const programsStarted = killChildrenAtExit()
exitPromptly()

/**
 * The environment of a test file. Fails the file if it leaves open resources that keep the process alive, or deleted folders:
 * hundreds of files share a process, and some tests look at its descriptors.
 */
export default class extends TestEnvironment {
  #before
  #path
  #programsBefore = programsStarted()
  #hasFailed = false

  constructor(config, context) {
    super(config, context)
    this.#path = context.testPath
  }

  async setup() {
    raiseToLoad(process.env)
    await super.setup()
    // A copy of `process.env`, made before.
    raiseToLoad(this.global.process.env)
    this.#before = openResources()
  }

  handleTestEvent({ name, test }) {
    if (name === 'test_done' && test.errors.length > 0) this.#hasFailed = true
  }

  async teardown() {
    await super.teardown()
    // What a failed test leaves open follows from its failure, and an error here would hide that.
    if (this.#hasFailed) return
    // A thread of the addon may still wait for a file of /proc.
    const left = openFolders().filter((path) => path.endsWith(' (deleted)') && !path.startsWith('/proc/'))
    if (left.length > 0) throw new Error(`folders were left open (use \`using\`): ${left.slice(0, 3).join(', ')}`)
    await this.#expectNothingLeft()
    if (isMisnamed(this.#path, programsStarted() - this.#programsBefore)) {
      throw new Error('this test starts programs: its name must end in .process.test.ts')
    }
  }

  async #expectNothingLeft() {
    const before = this.#before
    if (before === undefined) return
    const since = performance.now()
    for (;;) {
      const left = [...openResources()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind)
      if (left.length === 0) return
      const limitMs = left.every((kind) => kind.startsWith('FSReq')) ? FILE_LIMIT_MS : END_LIMIT_MS
      if (performance.now() - since > scaledMs(limitMs, { times: 5 })) {
        const open = [...left, ...openSockets()].join(', ')
        throw new Error(`left open or running (close it, end it, or use \`using\`): ${open}`)
      }
      await delay(20)
    }
  }
}

/** @returns {Map<string, number>} the number of active handles, timers and requests of each kind. */
function openResources() {
  const counts = new Map()
  for (const kind of process.getActiveResourcesInfo()) {
    // Immediates end at once.
    if (kind !== 'Immediate') counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

/** @returns {string[]} the addresses of the sockets of this process, and their states. */
function openSockets() {
  return process._getActiveHandles().flatMap((handle) => {
    const { localAddress, localPort, remotePort, readyState, destroyed } = handle
    if (localAddress === undefined) return []
    return [`${localAddress} from ${localPort} to ${remotePort} is ${destroyed ? 'destroyed' : readyState}`]
  })
}

/**
 * Exits when jest ends its worker, which then stops listening for messages. A normal exit takes apart a heap of hundreds of MB.
 * That may take longer than half a second, and jest would kill the worker and report a leak, which is checked above.
 */
function exitPromptly() {
  // Created now, so that they do not count as left open.
  for (const name of ['stdin', 'stdout', 'stderr']) void process[name]
  process.on('removeListener', (name) => {
    if (name === 'message' && process.listenerCount('message') === 0) process.exit()
  })
}

/** @returns {string[]} the paths of the O_PATH descriptors of this process. */
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
