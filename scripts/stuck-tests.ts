/** A reporter of jest's: names the test files that do not end, and ends them, so that the rest of the suite is told of. */
import { readFileSync } from 'node:fs'

/** A file whose loop never turns has no timeout of its own. The longest honest one takes three minutes where nothing else runs. */
const WITHIN_MS = 900_000
const LOOK_EVERY_MS = 10_000

export default class StuckTests {
  readonly #started = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  onRunStart(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  onTestFileStart({ path }: { readonly path: string }): void {
    this.#started.set(path, performance.now())
  }

  onTestFileResult({ path }: { readonly path: string }): void {
    this.#started.delete(path)
  }

  onRunComplete(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    const stuck = [...this.#started].filter(([, since]) => now - since > WITHIN_MS)
    if (stuck.length === 0) return
    for (const [path] of stuck) console.log(`does not end, and is ended: ${path}`)
    this.#started.clear()
    // Which worker has which file jest does not tell: those beside it fail with it.
    for (const pid of children()) process.kill(pid, 'SIGKILL')
  }
}

function children(): readonly number[] {
  if (process.platform !== 'linux') return []
  const path = `/proc/self/task/${process.pid}/children`
  return readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number)
}
