/** A reporter for jest that ends test files which hang, and names them, so that the rest of the suite is reported. */
import { readFileSync } from 'node:fs'
import { scaledMs } from '../test/support/machine-speed.ts'

/**
 * A file whose event loop is blocked never reaches its own timeout. The longest timeout of a test is a quarter
 * of an hour; the longest test takes three minutes where nothing else runs.
 */
const WITHIN_MS = scaledMs(1_000_000)
const LOOK_EVERY_MS = 10_000

/** A file that runs: jest reports nothing of one whose worker was killed. */
interface Running {
  /** Of its last progress. */
  since: number
  /** The test that began last. */
  at: string
  over: number
  readonly failures: string[]
}

interface TestFile {
  readonly path: string
}

export default class StuckTests {
  readonly #running = new Map<string, Running>()
  #timer: NodeJS.Timeout | undefined

  onRunStart(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  onTestFileStart({ path }: TestFile): void {
    this.#running.set(path, { since: performance.now(), at: 'what goes before its tests', over: 0, failures: [] })
  }

  onTestCaseStart({ path }: TestFile, { fullName }: { readonly fullName: string }): void {
    const file = this.#running.get(path)
    if (file === undefined) return
    file.at = fullName
    file.since = performance.now()
  }

  onTestCaseResult(
    { path }: TestFile,
    { fullName, failureMessages }: { readonly fullName: string; readonly failureMessages: readonly string[] },
  ): void {
    const file = this.#running.get(path)
    if (file === undefined) return
    file.over++
    file.since = performance.now()
    if (failureMessages.length > 0) file.failures.push(`${fullName}\n${failureMessages.join('\n')}`)
  }

  onTestFileResult({ path }: TestFile): void {
    this.#running.delete(path)
  }

  onRunComplete(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    const stuck = [...this.#running].filter(([, { since }]) => now - since > WITHIN_MS)
    if (stuck.length === 0) return
    for (const [path, { at, over, failures }] of stuck) {
      console.log(`does not end, and is ended: ${path}, at: ${at}, after ${over} tests, of which failed:`)
      console.log(failures.join('\n') || 'none')
    }
    this.#running.clear()
    // Which worker has which file jest does not tell: those beside it fail with it.
    for (const pid of children()) process.kill(pid, 'SIGKILL')
  }
}

function children(): readonly number[] {
  if (process.platform !== 'linux') return []
  const path = `/proc/self/task/${process.pid}/children`
  return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
}
