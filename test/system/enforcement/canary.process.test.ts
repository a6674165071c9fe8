import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startCanary } from '../../../src/system/enforcement/canary.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { TestCgroup, withCgroups } from '../../hostile/stops/cgroup.ts'
import { HostilePrograms } from '../../hostile/stops/hostile-programs.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { waitFor } from '../../support/wait-for.ts'

const PROGRAM = resolve(import.meta.dirname, '../../../native/build/surety-canary')
const IS_BUILT = existsSync(PROGRAM)
if (!IS_BUILT) process.stderr.write('skipped: the canary was not built\n')
const whenBuilt = IS_BUILT ? test : test.skip
const whenCgroups = IS_BUILT ? withCgroups('freezing the canary') : test.skip
const within = () => ({ signal: AbortSignal.timeout(60_000) })
const table = linuxProcesses({ addon: undefined })

whenCgroups('both processes count, stop while their cgroup is frozen, and continue after it', async () => {
  await using above = new TestCgroup()
  using programs = new HostilePrograms()
  const witness = await programs.start('counter', { cgroup: above })
  const cgroup = join(above.path, 'drill')
  {
    await using canary = await startCanary({ program: PROGRAM, cgroup }, within())
    const frozen = new TestCgroup({ existing: cgroup })
    expect(frozen.pids()).toHaveLength(2)
    frozen.freeze(true)
    await waitFor('the kernel to say frozen', () => frozen.isFrozen(), { everyMs: 1 })
    const counts = canary.counts()
    await witness.goOn(50)
    expect(canary.counts()).toEqual(counts)
    expect(await canary.goesOn({ signal: AbortSignal.timeout(1) }).catch((error) => error.name)).toBe('TimeoutError')
    frozen.freeze(false)
    await canary.goesOn(within())
    frozen.freeze(true)
  }
  // It is ended although it is frozen.
  await waitFor(
    'the end of both',
    () => !existsSync(cgroup) || new TestCgroup({ existing: cgroup }).pids().length === 0,
  )
})

whenBuilt('without a cgroup it counts as well, and its child ends with it', async () => {
  const canary = await startCanary({ program: PROGRAM }, within())
  const child = await childOf(canary.pid)
  expect(child).toBeGreaterThan(0)
  await canary.goesOn(within())
  await canary[Symbol.asyncDispose]()
  await waitFor('the end of its child', () => table.entry(child) === undefined || undefined)
  expect(await codeThrown(() => canary.counts())).toBe('COMMAND_FAILED')
  expect(await codeThrown(() => canary.goesOn(within()))).toBe('COMMAND_FAILED')
})

test.each([
  ['is no canary', { program: '/bin/true' }],
  ['is not there', { program: '/nonexistent/canary' }],
  ['cannot enter its cgroup', { program: PROGRAM, cgroup: '/proc/self/drill' }],
])('a program that %s is refused', async (_, init) => {
  expect(await codeThrown(() => startCanary(init, within()))).toBe('COMMAND_FAILED')
})

async function childOf(pid: number): Promise<number> {
  return (await table.scan({})).find(({ parentPid }) => parentPid === pid)?.pid ?? 0
}
