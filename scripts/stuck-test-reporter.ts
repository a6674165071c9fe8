/** A jest reporter that ends hanging test files and names them, so that the other files are reported. */
import { readFileSync } from 'node:fs'
import { scaledMs } from '../test/support/machine-speed.ts'

/**
 * A file with a blocked event loop never reaches its own timeout. The longest timeout of a test is a quarter of an hour, the
 * longest test takes three minutes on an idle machine.
 */
const STUCK_AFTER_MS = scaledMs(1_000_000)
const CHECK_EVERY_MS = 10_000

/** A running test file. jest reports nothing about a file whose worker was killed. */
interface Running {
  /** The time of its last progress. */
  since: number
  /** The test that started last. */
  at: string
  finished: number
  readonly failures: string[]
}

interface TestFile {
  readonly path: string
}

export default class StuckTestReporter {
  readonly #running = new Map<string, Running>()
  #timer: NodeJS.Timeout | undefined

  onRunStart(): void {
    this.#timer = setInterval(() => this.#endStuck(), CHECK_EVERY_MS)
  }

  onTestFileStart({ path }: TestFile): void {
    this.#running.set(path, { since: performance.now(), at: 'set-up', finished: 0, failures: [] })
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
    file.finished++
    file.since = performance.now()
    if (failureMessages.length > 0) file.failures.push(`${fullName}\n${failureMessages.join('\n')}`)
  }

  onTestFileResult({ path }: TestFile): void {
    this.#running.delete(path)
  }

  onRunComplete(): void {
    clearInterval(this.#timer)
  }

  #endStuck(): void {
    const now = performance.now()
    const stuck = [...this.#running].filter(([, { since }]) => now - since > STUCK_AFTER_MS)
    if (stuck.length === 0) return
    for (const [path, { at, finished, failures }] of stuck) {
      console.log(`stuck and ended: ${path}, at: ${at}, after ${finished} tests. Failures:`)
      console.log(failures.join('\n') || 'none')
    }
    this.#running.clear()
    // jest does not say which worker runs which file, so other running files fail too.
    for (const pid of children()) process.kill(pid, 'SIGKILL')
  }
}

function children(): readonly number[] {
  if (process.platform !== 'linux') return []
  const path = `/proc/self/task/${process.pid}/children`
  return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
}
