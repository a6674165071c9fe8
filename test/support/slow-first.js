import { statSync } from 'node:fs'

/**
 * Which test begins when: those that take minutes first, for one of them alone at the end keeps everybody waiting. On a machine
 * that has not run them yet Jest knows their sizes alone. See the interface of @jest/test-sequencer.
 */
const SLOW = [
  // These wait most of the time, and leave the processors to others.
  'journeys/agents/agents',
  'faults/tpm/tpm',
  'faults/storage/failing-disk',
  'faults/storage/real-disk',
  'faults/power/directory',
  'fuzz/minute',
  'faults/kill/kill-nine',
  'hostile/flood',
  'faults/model/model',
  'faults/freeze/freeze',
  'journeys/quick-start',
  'faults/power/device',
  'faults/time/clock-off',
]

export default class SlowFirst {
  /** @param {readonly { readonly path: string }[]} tests @returns those of `SLOW` in their order, then the rest, large files first. */
  sort(tests) {
    const rank = ({ path }) => {
      const at = SLOW.findIndex((name) => path.endsWith(`/test/${name}.test.ts`))
      return at === -1 ? SLOW.length : at
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
