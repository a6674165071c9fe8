import { type CheckOutcome, fail, pass, unknown } from './check-outcome.ts'
import type { PostureComponents } from './components.ts'

/**
 * `enforcement.freeze`: whether a drill froze an agent in the kernel. Signals do not count: any process of the same user can
 * undo them. It can also undo a suspension, but Windows and macOS have nothing stronger, and the daemon suspends again.
 */
export async function checkFreeze({ freezeDrill }: PostureComponents): Promise<CheckOutcome> {
  const drill = freezeDrill?.()
  if (drill === undefined) return unknown('no drill has shown yet whether this device can freeze an agent')
  const { method, tookMs, failure } = drill
  if (failure !== undefined) return fail(`The last drill did not freeze its agent: ${failure}.`)
  switch (method) {
    case 'cgroup2':
      return pass(`The last drill froze its agent in the kernel within ${tookMs ?? 0} ms.`)
    case 'cgroup1':
      return fail('This kernel freezes agents with cgroup v1 only: root on this device can move a process out of it.')
    case 'suspend':
      return pass(
        `The last drill suspended its agent within ${tookMs ?? 0} ms. A process of the same user can resume one; it is suspended again.`,
      )
    case 'signals':
      return fail('This kernel stops agents with signals only: any process of the same user can undo that.')
    case 'none':
      return fail('The last drill found no agent to freeze.')
  }
}
