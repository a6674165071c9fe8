import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { type DrillComponents, runDrill } from '../../../src/daemon/enforcement/drill.ts'
import type { DrillOutcome } from '../../../src/daemon/enforcement/drill-file.ts'
import { StopEffects } from '../../../src/daemon/enforcement/stops/stop-effects.ts'
import { type Canary, startCanary } from '../../../src/system/enforcement/canary.ts'
import type { Freezer } from '../../../src/system/freezer/freezer.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { testEnforcement } from '../../support/daemon/test-enforcement.ts'
import { CGROUP2, freezerName, testFreezer } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const PROGRAM = join(import.meta.dirname, '../../../native/build/surety-canary')
const asRoot = CGROUP2 === undefined || !existsSync(PROGRAM) ? describe.skip : describe

/** A drill with the real canary. */
function drilled(freezer: Freezer, change: Partial<DrillComponents> = {}) {
  const outcomes: DrillOutcome[] = []
  const canaries: Canary[] = []
  const folders: string[] = []
  const run = () =>
    runDrill({
      clock: systemClock,
      log: silentLog,
      freezer,
      processes: linuxProcesses(),
      isExecHeld: true,
      boot: { uptimeMs: () => performance.now() },
      effects: new StopEffects({ log: silentLog }),
      async startCanary(options) {
        const cgroup = join(CGROUP2 ?? '', freezerName().replace('test', 'surety-test'))
        folders.push(cgroup)
        const canary = await startCanary({ program: PROGRAM, cgroup }, options)
        canaries.push(canary)
        return canary
      },
      async onDrill(outcome) {
        outcomes.push(outcome)
      },
      ...change,
    })
  return { run, outcomes, canaries, folders }
}

asRoot('a drill', () => {
  test('freezes both processes of the canary in the kernel, resumes them and ends them', async () => {
    using freezer = testFreezer()
    const { run, outcomes, canaries, folders } = drilled(freezer)
    const { receipt, code } = await run()
    expect(code).toBeUndefined()
    expect(receipt).toMatchObject({ method: 'cgroup2', agentCount: 1, processCount: 2, network: 'open', missed: [] })
    expect(receipt.agents[0]).toMatchObject({ product: 'surety-canary', processes: [{ executable: PROGRAM }, {}] })
    expect(receipt.confirmedAt).toEqual(expect.any(Number))
    expect(outcomes).toEqual([{ method: 'cgroup2', tookMs: expect.any(Number) }])
    expect(await codeThrown(() => canaries[0]?.counts())).toBe('COMMAND_FAILED')
    expect(freezer.held()).toEqual([])
    expect(folders.filter((folder) => existsSync(folder))).toEqual([])
  })

  test('reports signals where only signals stop it', async () => {
    using freezer = testFreezer({ without: ['cgroup2', 'cgroup1'] })
    const { run, outcomes } = drilled(freezer)
    expect((await run()).receipt).toMatchObject({ method: 'signals', weaknesses: expect.arrayContaining(['signals']) })
    expect(outcomes).toMatchObject([{ method: 'signals' }])
  })

  test('fails when the canary keeps running, and leaves nothing frozen', async () => {
    using freezer = testFreezer()
    // As a kernel that says frozen and freezes nothing.
    const lying = new Proxy<Freezer>(freezer, {
      get(_, name) {
        if (name === 'freeze') return freezeNothing
        const member: unknown = Reflect.get(freezer, name)
        return typeof member === 'function' ? member.bind(freezer) : member
      },
    })
    const freezeNothing: Freezer['freeze'] = async (agents) => {
      const result = await freezer.freeze(agents)
      for (const { agent } of agents) freezer.release(agent, [])
      return result
    }
    const { run, outcomes } = drilled(lying)
    expect(await codeThrown(run)).toBe('STOP_INCOMPLETE')
    expect(outcomes).toEqual([{ method: 'none', failure: 'the frozen canary went on' }])
    expect(freezer.held()).toEqual([])
  })

  test.each([
    ['is not there', '/nonexistent/canary'],
    ['is another program', '/bin/true'],
  ])('fails with a canary that %s', async (_, program) => {
    using freezer = testFreezer()
    const { run, outcomes } = drilled(freezer, { startCanary: (options) => startCanary({ program }, options) })
    expect(await codeThrown(run)).toBe('STOP_INCOMPLETE')
    expect(outcomes).toMatchObject([{ method: 'none', failure: expect.stringContaining('canary') }])
  })
})

asRoot('the result of a drill', () => {
  /** One run of a daemon. */
  async function runOf(folder: string, program = PROGRAM) {
    const outcomes: DrillOutcome[] = []
    const drills = {
      onDrill: (outcome: DrillOutcome) => void outcomes.push(outcome),
      startCanary: (name: string, options: { signal: AbortSignal }) =>
        startCanary({ program, cgroup: join(CGROUP2 ?? '', `surety-test-drill-${name}`) }, options),
    }
    const stops = await testEnforcement({ folder, name: freezerName(), drills, clock: systemClock })
    return { outcomes, ...stops }
  }

  test('is that of the next run too, good or bad', async () => {
    using folder = temporaryFolder()
    const good = await runOf(folder.path)
    expect(good.outcomes).toEqual([])
    await good.drill?.()
    await good.die()
    const bad = await runOf(folder.path, '/bin/true')
    expect(bad.outcomes).toEqual(good.outcomes)
    expect(await codeThrown(async () => await bad.drill?.())).toBe('STOP_INCOMPLETE')
    await bad.die()
    const last = await runOf(folder.path)
    await last.die()
    expect(last.outcomes).toEqual(bad.outcomes.slice(1))
    expect(last.outcomes).toMatchObject([{ method: 'none', failure: expect.any(String) }])
  })

  test.each([
    ['is damaged', (path: string) => writeFileSync(path, '{}')],
    [
      'says what no drill says',
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('cgroup2', 'x')),
    ],
    [
      'is a folder',
      (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
    ],
  ])('is unknown where its file %s', async (_, damage) => {
    using folder = temporaryFolder()
    const first = await runOf(folder.path)
    await first.drill?.()
    await first.die()
    damage(join(folder.path, 'drill.json'))
    await using second = await runOf(folder.path)
    expect(second.outcomes).toEqual([])
  })

  test('is kept in this run where it cannot be written', async () => {
    using folder = temporaryFolder()
    await using stops = await runOf(folder.path)
    mkdirSync(join(folder.path, 'drill.json'))
    expect((await stops.drill?.())?.receipt.method).toBe('cgroup2')
    expect(stops.outcomes).toMatchObject([{ method: 'cgroup2' }])
  })
})
