import { statSync } from 'node:fs'

/**
 * Starts tests that take minutes first, so that none of them runs alone at the end. Jest itself knows only file sizes on a new
 * machine. Implements the interface of @jest/test-sequencer.
 */
export const SLOW = [
  // These mostly wait.
  'installed/debian-package',
  'journeys/machines/stopped-machine',
  'journeys/agents/agents',
  'faults/tpm/tpm',
  'faults/storage/failing-disk/failing-disk',
  'faults/storage/failing-disk/real-disk',
  'faults/power/directory',
  'faults/kill/kill-nine',
  'faults/stops/killed-at-each-step',
  'journeys/agents/stopped-agents',
  'hostile/floods/flood',
  'faults/model/model',
  'hostile/stops/freezer',
  'faults/soak/soak',
  'hostile/frames/mutation',
  'faults/freeze/freeze',
  'journeys/documents/documented-administration.process',
  'journeys/start/quick-start',
  'faults/power/device',
  'faults/time/clock-off',
  'fuzz/all-kinds',
]

export default class SlowTestsFirst {
  /** @param {readonly { readonly path: string }[]} tests @returns the tests of `SLOW` in order, then the others, large files first. */
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
