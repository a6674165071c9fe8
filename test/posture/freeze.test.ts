import { checkFreeze } from '../../src/posture/freeze.ts'
import type { FreezeDrill } from '../../src/posture/freeze-drill.ts'
import { machine } from './fake-components.ts'

const after = (drill: FreezeDrill | undefined) => checkFreeze(machine({}, {}, { freezeDrill: () => drill }))

test('is unknown where nothing can be frozen, and before the first drill', async () => {
  expect(await checkFreeze(machine())).toMatchObject({ state: 'unknown' })
  expect(await after(undefined)).toMatchObject({ state: 'unknown' })
})

test('passes after a drill that froze in the kernel', async () => {
  expect(await after({ method: 'cgroup2', tookMs: 4 })).toEqual({
    state: 'pass',
    detail: 'The last drill froze its agent in the kernel within 4 ms.',
  })
})

test('passes after a drill that suspended where nothing is stronger, with the weakness', async () => {
  expect(await after({ method: 'suspend', tookMs: 4 })).toEqual({
    state: 'pass',
    detail: expect.stringMatching(/suspended its agent within 4 ms\. A process of the same user can resume one/),
  })
})

test.each([
  ['a failure of a suspension', { method: 'suspend', failure: 'it went on' }, 'it went on'],
  ['signals', { method: 'signals', tookMs: 4 }, 'any process of the same user can undo that'],
  ['cgroup v1', { method: 'cgroup1', tookMs: 4 }, 'cgroup v1 only'],
  ['a failure', { method: 'cgroup2', failure: 'it went on' }, 'it went on'],
  ['a failure of signals', { method: 'signals', failure: 'it went on' }, 'did not freeze its agent'],
  ['a drill without an agent', { method: 'none' }, 'found no agent'],
] as const)('fails after %s, with the reason', async (_, drill, reason) => {
  const outcome = await after(drill)
  expect(outcome).toEqual({ state: 'fail', detail: expect.stringContaining(reason) })
})
