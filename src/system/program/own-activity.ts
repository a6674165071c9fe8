/** How much this program could run. */
export interface OwnActivity {
  /** Milliseconds since a moment of this boot, the same for all programs, without sleep where the system can tell. */
  awakeMs(): number
  /** How many times the program received SIGCONT. */
  resumes(): number
  /** Processor time of the program. Milliseconds. */
  workedMs(): number
}

/** Counts until disposed. */
export function ownActivity(): OwnActivity & Disposable {
  let resumes = 0
  const resumed = () => {
    resumes++
  }
  // Windows has no such signal, and never calls this.
  process.on('SIGCONT', resumed)
  return {
    awakeMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
    resumes: () => resumes,
    workedMs() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1_000
    },
    [Symbol.dispose]: () => void process.off('SIGCONT', resumed),
  }
}
