import { writeSync } from 'node:fs'

/** What a workload tells: that it will do something, and that it was told that it is done. */
export interface Line {
  readonly word: 'will' | 'did'
  readonly what: string
  readonly number?: number
  readonly text?: string
}

/** Recorded as its file operations are, so that for each place it is known what had been told by then. */
export function say(word: Line['word'], what: string, facts: { number?: number; text?: string } = {}): void {
  writeSync(1, `${JSON.stringify({ word, what, ...facts })}\n`)
}

/** The newest of what was done, and all of what may have been done since. */
export function lastDone(said: readonly Line[], what: string): { done: Line | undefined; possible: readonly Line[] } {
  const about = said.filter((line) => line.what === what)
  const at = about.findLastIndex(({ word }) => word === 'did')
  return { done: about[at], possible: about.slice(Math.max(at, 0)) }
}
