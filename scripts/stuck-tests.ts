/** A reporter of jest's: names the test files that do not end, and ends them, so that the rest of the suite is told of. */
import { readFileSync } from 'node:fs'

/** A file whose loop never turns has no timeout of its own. The longest honest one takes three minutes where nothing else runs. */
const WITHIN_MS = 900_000
const LOOK_EVERY_MS = 10_000

/** What is known of a file that runs: jest tells nothing of what went before in one whose worker was ended. */
interface Running {
  readonly since: number
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
    if (file !== undefined) file.at = fullName
  }

  onTestCaseResult(
    { path }: TestFile,
    { fullName, failureMessages }: { readonly fullName: string; readonly failureMessages: readonly string[] },
  ): void {
    const file = this.#running.get(path)
    if (file === undefined) return
    file.over++
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
