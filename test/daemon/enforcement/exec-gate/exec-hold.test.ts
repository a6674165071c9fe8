import { SuretyError } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { type ExecGateCallbacks, ExecHold } from '../../../../src/daemon/enforcement/exec-gate/exec-hold.ts'
import { createHealth } from '../../../../src/daemon/health/health.ts'
import type { HeldFolderProcess } from '../../../../src/system/enforcement/exec-gate.ts'
import type { HeldProcess } from '../../../../src/system/enforcement/exec-gate-messages.ts'
import { stopOf } from '../../../support/daemon/test-enforcement.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const MINUTE_MS = 60_000
const HELD = { startTicks: 1, cgroup: '/user.slice', path: '/usr/bin/node' }

/** The real part of the daemon over a gate that says what the test wants. */
function given() {
  const clock = new FakeClock()
  const health = createHealth({ clock })
  const state = {
    isWilling: true,
    held: [] as HeldFolderProcess[],
    /** Pids that have come to their new program, and whose cgroup stands still. */
    frozen: new Set<number>(),
    become: new Set<number>(),
    released: [] as number[],
    scans: 0,
    looks: 0,
  }
  const callbacks: ExecGateCallbacks[] = []
  const hold = new ExecHold({
    clock,
    health,
    log: silentLog,
    freezer: { admit: () => false },
    openGate(given) {
      callbacks.push(given)
      return {
        async setRules() {
          if (!state.isWilling) throw new SuretyError('NOT_SUPPORTED', 'no exec can be held')
          return { mounts: 1, refusedMounts: 0 }
        },
        held: () => state.held,
        isFrozen(pid) {
          state.looks++
          return pid !== undefined && state.frozen.has(pid)
        },
        programOf: (pid) => (state.become.has(pid) ? 'new' : 'old'),
        release: (pid) => state.released.push(pid) > 0,
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
    rulesFor: () => ({ interpreters: [], rules: [] }),
    uidsOf: () => [],
    async scan() {
      state.scans++
    },
  })
  const [gate] = callbacks
  if (gate === undefined) throw new TypeError('no gate was opened')
  const codes = () => health.warnings().map(({ code }) => code)
  const fault = () => gate.onFault?.(new SuretyError('COMMAND_FAILED', 'surety-exec-gate ended with 9'))
  return { clock, state, hold, gate, codes, fault }
}

test.each<[string, (gate: ExecGateCallbacks) => void]>([
  ['a program that could not be held', (gate) => gate.onUnheld?.({ pid: 7, path: '/x', reason: 'too many' })],
  ['reports that are lost', (gate) => gate.onFault?.(new SuretyError('COMMAND_FAILED', '3 reports are lost'))],
  ['a gate that ended', (gate) => gate.onFault?.(new SuretyError('COMMAND_FAILED', 'ended with 9'))],
])('%s is a warning and a weakness, until ten minutes have passed without', async (_, happens) => {
  const { clock, hold, gate, codes } = given()
  const stops = [stopOf()]
  await hold.follow(stops)
  expect([await hold.holds(1), codes()]).toEqual([true, []])
  happens(gate)
  expect([await hold.holds(1), codes()]).toEqual([false, ['EXEC_NOT_HELD']])
  await clock.advance(9 * MINUTE_MS)
  // Again, and with other rules: neither says that it is over.
  happens(gate)
  await hold.follow([...stops, stopOf({ selector: { select: 'product', product: 'codex' }, userId: '7' })])
  await clock.advance(9 * MINUTE_MS)
  await hold.follow(stops)
  expect([await hold.holds(1), codes()]).toEqual([false, ['EXEC_NOT_HELD']])
  await clock.advance(MINUTE_MS)
  await hold.follow(stops)
  expect([await hold.holds(1), codes()]).toEqual([true, []])
})

test('a warning stays while the gate takes no rules', async () => {
  const { clock, state, hold, fault, codes } = given()
  const stops = [stopOf()]
  await hold.follow(stops)
  fault()
  state.isWilling = false
  await clock.advance(10 * MINUTE_MS)
  await hold.follow(stops)
  expect([await hold.holds(1), codes()]).toEqual([false, ['EXEC_NOT_HELD']])
  state.isWilling = true
  await clock.advance(10 * MINUTE_MS)
  await hold.follow(stops)
  expect([await hold.holds(1), codes()]).toEqual([true, []])
})

test('a warning ends with the last stop', async () => {
  const { hold, fault, codes } = given()
  await hold.follow([stopOf()])
  fault()
  await hold.follow([])
  expect(codes()).toEqual([])
})

describe('what is held', () => {
  async function judging(act: (parts: ReturnType<typeof given>) => Promise<void>): Promise<void> {
    const parts = given()
    const ended = new AbortController()
    await parts.hold.follow([stopOf()])
    const running = parts.hold.run(async () => undefined, ended)
    await act(parts)
    ended.abort()
    await parts.clock.advance(MINUTE_MS)
    await running
  }
  const heldAs = (pid: number, matched: HeldProcess['matched']): HeldProcess => ({ ...HELD, pid, matched })
  test('one whose arguments never come does not run, and delays no judgement of others', async () => {
    await judging(async (parts) => {
      const { state, gate } = parts
      gate.onHeld(heldAs(1, 'unread'))
      await parts.clock.advance(1_200)
      expect([state.released, state.scans]).toEqual([[], 0])
      state.frozen.add(2)
      gate.onHeld(heldAs(2, 'file'))
      await parts.clock.advance(20)
      expect(state.released).toEqual([2])
      state.become.add(1)
      await parts.clock.advance(1_000)
      expect(state.released).toEqual([2, 1])
    })
  })

  test.each(['file', 'script'] as const)(
    'a late one that matched by %s waits until its exec is over',
    async (matched) => {
      await judging(async ({ clock, gate, state }) => {
        gate.onHeld(heldAs(3, matched))
        await clock.advance(5_000)
        expect([state.released, state.scans]).toEqual([[], 0])
        state.become.add(3)
        await clock.advance(1_000)
        expect([state.released, state.scans]).toEqual([[3], 1])
      })
    },
  )

  test('looks at a stuck one once a second at most, and releases it with the last stop', async () => {
    await judging(async ({ clock, gate, hold, state }) => {
      gate.onHeld(heldAs(5, 'unread'))
      await clock.advance(MINUTE_MS)
      const before = state.looks
      await clock.advance(MINUTE_MS)
      expect(state.looks - before).toBeLessThanOrEqual(60)
      expect(state.released).toEqual([])
      await hold.follow([])
      await clock.advance(1)
      expect(state.released).toEqual([5])
    })
  })

  test('one whose report was lost is judged all the same', async () => {
    await judging(async ({ clock, state, fault }) => {
      state.held.push({ pid: 4, cgroup: '/user.slice' })
      state.frozen.add(4)
      fault()
      await clock.advance(2)
      expect(state.released).toEqual([4])
    })
  })
})
