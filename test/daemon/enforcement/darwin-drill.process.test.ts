import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { runDrill } from '../../../src/daemon/enforcement/drill.ts'
import type { DrillOutcome } from '../../../src/daemon/enforcement/drill-file.ts'
import { type Canary, startCanary } from '../../../src/system/enforcement/canary.ts'
import { startFileCanary } from '../../../src/system/enforcement/file-canary.ts'
import { type DarwinFreezerAddon, darwinFreezer } from '../../../src/system/freezer/darwin.ts'
import { darwinProcessDetails } from '../../../src/system/processes/darwin/process-details.ts'
import { darwinProcesses } from '../../../src/system/processes/darwin/process-table.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { darwinCanary, HAS_COMPILER } from '../../support/platforms/darwin/canary.ts'
import { mirroredDarwinAddon } from '../../support/platforms/darwin/mirrored-addon.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A drill on macOS: its freezer and its canary, with the kernel of Linux. */

const withCompiler = HAS_COMPILER ? describe : describe.skip
const within = () => ({ signal: AbortSignal.timeout(60_000) })
const addon = mirroredDarwinAddon()
const processes = darwinProcesses({ addon })
const details = darwinProcessDetails({ addon })

withCompiler('on macOS', () => {
  const folder = temporaryFolder()
  afterAll(() => folder[Symbol.dispose]())
  const program = HAS_COMPILER ? darwinCanary(folder.path) : ''

  async function drill(change: Partial<DarwinFreezerAddon> = {}) {
    const outcomes: DrillOutcome[] = []
    const freezer = darwinFreezer({
      addon: { ...addon, ...change },
      processes,
      activity: (one) => details.activity(one),
      kill: (pid, signal) => process.kill(pid, signal),
    })
    try {
      const ran = await runDrill({
        clock: systemClock,
        log: silentLog,
        freezer,
        processes,
        isExecHeld: false,
        effects: { cut: async () => false, released: async () => undefined },
        boot: { uptimeMs: () => performance.now() },
        startCanary: (options) => startFileCanary(program, options),
        onDrill: async (outcome) => void outcomes.push(outcome),
      }).catch((error: unknown) => ({ error }))
      return { ran, outcomes, held: freezer.held() }
    } finally {
      freezer.close()
    }
  }

  test('a drill suspends both processes of the canary, resumes them and ends them', async () => {
    const { ran, outcomes, held } = await drill()
    if ('error' in ran) throw ran.error
    expect(ran.code).toBeUndefined()
    expect(ran.receipt).toMatchObject({ method: 'suspend', agentCount: 1, processCount: 2, missed: [] })
    expect(outcomes).toEqual([{ method: 'suspend', tookMs: expect.any(Number) }])
    expect(held).toEqual([])
    const pids = ran.receipt.agents.flatMap((agent) => agent.processes.map(({ pid }) => pid))
    expect(pids).toHaveLength(2)
    await waitFor('the end of both', () => pids.every((pid) => processes.entry(pid) === undefined))
  })

  test('a drill fails where a suspension is reported and does not happen', async () => {
    const { outcomes, held } = await drill({ suspendProcess: () => 0, resumeProcess: () => 0 })
    expect(outcomes).toMatchObject([{ method: 'none', failure: expect.any(String) }])
    expect(held).toEqual([])
  })

  test('both count, the child in a session of its own, and end with standard input', async () => {
    const canary = await startFileCanary(program, within())
    const child = (await processes.scan({})).find(({ parentPid }) => parentPid === canary.pid)
    expect(child?.sessionId).toBe(child?.pid)
    await canary.goesOn(within())
    await canary[Symbol.asyncDispose]()
    await waitFor('the end of its child', () => processes.entry(child?.pid ?? 0) === undefined)
    expect(await codeThrown(() => canary.counts())).toBe('COMMAND_FAILED')
  })

  test.each<[string, () => Promise<Canary>]>([
    ['is not there', () => startFileCanary('/nonexistent/canary', within())],
    ['is no canary', () => startFileCanary('/bin/true', within())],
    ['is given no file', () => startCanary({ program, readCounts: () => [0n, 0n] }, within())],
    ['is given a file that is not there', () => startWith('/nonexistent/counts')],
    ['is given a file that it may not write', () => startWith('/proc/version')],
    ['is given too much', () => startWith('/dev/zero', 'more')],
  ])('a canary that %s is refused', async (_, start) => {
    expect(await codeThrown(start)).toBe('COMMAND_FAILED')
  })

  const startWith = (...args: string[]) => startCanary({ program, args, readCounts: () => [0n, 0n] }, within())
})
