import { statSync } from 'node:fs'
import { SLOW_TESTS } from './suites.ts'

/**
 * Starts tests that take minutes first: jest itself knows only file sizes on a new machine. Implements the interface of @jest/test-sequencer.
 */
export default class SlowTestsFirst {
  /** @param {readonly { readonly path: string }[]} tests @returns the tests of `SLOW_TESTS` in order, then the others, large files first. */
  sort(tests) {
    const rank = ({ path }) => {
      const at = SLOW_TESTS.findIndex((name) => path.endsWith(`/test/${name}.test.ts`))
      return at === -1 ? SLOW_TESTS.length : at
    }
    const sizeOf = ({ path }) => statSync(path).size
    return [...tests].sort((one, other) => rank(one) - rank(other) || sizeOf(other) - sizeOf(one))
  }

  shard(tests) {
    return tests
  }

  allFailedTests() {
    return []
  }

  cacheResults() {}
}
