import Sequencer from '@jest/test-sequencer'

/**
 * What takes minutes, the longest first. A machine that has run nothing yet knows the sizes of files alone: it would begin some
 * of these when all else is done, and wait for them with idle cores.
 */
const LONG = [
  'test/journeys/agents/',
  'test/faults/kill/',
  'test/faults/tpm/',
  'test/faults/power/',
  'test/journeys/first-minutes',
  'test/fuzz/minute',
  'test/faults/',
  'test/hostile/',
  'test/journeys/',
]

export default class LongFirst extends Sequencer {
  /** Else in jest's own order: what failed, what took long. */
  sort(tests) {
    return super.sort(tests).sort((a, b) => rankOf(a.path) - rankOf(b.path))
  }
}

/** @param {string} path of a file of tests. */
function rankOf(path) {
  const rank = LONG.findIndex((part) => path.includes(`/${part}`))
  return rank === -1 ? LONG.length : rank
}
