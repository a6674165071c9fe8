import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Freezer } from '../../../src/system/freezer/freezer.ts'
import { linuxProcesses } from '../../../src/system/processes/linux/process-table.ts'
import { CGROUP2, testFreezer } from '../../support/processes/test-freezer.ts'
import { waitFor } from '../../support/wait-for.ts'
import { TestCgroup } from './cgroup.ts'
import { HostilePrograms, type ProgramName, type StartedProgram } from './hostile-programs.ts'

/**
 * The freezer of the daemon against programs that evade it. `STOP_RUNS` says how often in all: 500 by default, in a minute on an idle machine.
 */

const RUNS = Number(process.env.STOP_RUNS ?? 500)
/** Steps of another program: the time in which a program that is not stopped would go on. */
const WITNESS_STEPS = 30

/** A mover is tested below, as a user: root can leave every cgroup. */
const PROGRAMS: readonly (readonly [ProgramName, readonly string[]])[] = [
  ['counter', []],
  ['pid-hopper', []],
  ['pid-hopper', ['300']],
  ['double-forker', []],
  ['double-forker', ['50']],
  ['sigcont-sender', []],
  ['cpu-hogs', ['200']],
  ['writer', []],
  ['self-killer', []],
]

if (CGROUP2 === undefined) process.stderr.write('skipped: freezing hostile programs needs root and cgroup version 2\n')
const asRoot = CGROUP2 === undefined ? describe.skip : describe
const table = linuxProcesses()

let programs: HostilePrograms
beforeAll(() => {
  programs = new HostilePrograms()
})
afterAll(() => programs[Symbol.dispose]())

/** Starts it with its lineage known from its first process on, as the daemon knows agents. */
async function startKnown(freezer: Freezer, cgroup: TestCgroup, name: ProgramName, args: readonly string[]) {
  const agent = randomBytes(16).toString('hex')
  let first = { pid: 0, startTicks: 0 }
  const more = name === 'writer' ? [join(programs.folder, `written-${agent}`)] : []
  const started = await programs.start(name, {
    cgroup,
    args: [...args, ...more],
    beforeItRuns(pid) {
      first = { pid, startTicks: table.entry(pid)?.startTicks ?? 0 }
      freezer.own([{ pid, agent }])
    },
  })
  return { agent, first, started }
}

async function standsStill(held: StartedProgram, witness: StartedProgram): Promise<void> {
  const before = held.living()
  await witness.goOn(WITNESS_STEPS)
  expect(held.living()).toEqual(before)
}

asRoot('no survivor', () => {
  test.each(PROGRAMS)('of %s %j', async (name, args) => {
    using freezer = testFreezer()
    await using elsewhere = new TestCgroup()
    const witness = await programs.start('counter', { cgroup: elsewhere })
    for (let run = 0; run < Math.ceil(RUNS / PROGRAMS.length); run++) {
      await using cgroup = new TestCgroup()
      const { agent, first, started } = await startKnown(freezer, cgroup, name, args)
      const result = await freezer.freeze([{ agent, processes: [first] }])
      expect({ run, incomplete: result.incomplete }).toEqual({ run, incomplete: false })
      await standsStill(started, witness)
      for (const { pid } of result.rows) wake(pid)
      await standsStill(started, witness)
      freezer.release(agent, [])
      if (name !== 'self-killer') await started.goOn(5)
      await freezer.freeze([{ agent, processes: [first] }])
      freezer.kill(agent, [])
      await ended(started)
      freezer.own(result.rows.map(({ pid }) => ({ pid, agent: '' })))
    }
  })
})

/** No account has it. */
const USER = 61_234

asRoot('a user with cgroups of their own', () => {
  test('cannot take a process out of the quarantine', async () => {
    using freezer = testFreezer()
    await using elsewhere = new TestCgroup()
    const witness = await programs.start('counter', { cgroup: elsewhere })
    await using delegated = new TestCgroup()
    const own = [join(delegated.path, 'one'), join(delegated.path, 'two')]
    for (const folder of own) mkdirSync(folder)
    for (const folder of [delegated.path, ...own]) {
      for (const path of [folder, join(folder, 'cgroup.procs')]) chownSync(path, USER, USER)
    }
    const agent = randomBytes(16).toString('hex')
    let first = { pid: 0, startTicks: 0 }
    const started = await programs.start('cgroup-mover', {
      uid: USER,
      args: own.map((folder) => join(folder, 'cgroup.procs')),
      beforeItRuns(pid) {
        writeFileSync(join(delegated.path, 'one', 'cgroup.procs'), `${pid}`)
        first = { pid, startTicks: table.entry(pid)?.startTicks ?? 0 }
        freezer.own([{ pid, agent }])
      },
    })
    // `processes` counts its moves.
    await waitFor('moves', () => started.living().processes > 20n)
    const result = await freezer.freeze([{ agent, processes: [first] }])
    expect(result.incomplete).toBe(false)
    await standsStill(started, witness)
    for (const { pid } of result.rows) {
      const moved = spawnSync('/bin/sh', ['-c', `echo ${pid} > ${own[0]}/cgroup.procs`], { uid: USER, gid: USER })
      expect(moved.status).toBeGreaterThan(0)
    }
    await standsStill(started, witness)
    freezer.release(agent, [])
    await started.goOn()
    await freezer.freeze([{ agent, processes: [first] }])
    freezer.kill(agent, [])
    await ended(started)
  })
})

/** Its first process, which most leave behind. */
async function ended({ child }: StartedProgram): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** As any process of the same user can. */
function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT')
  } catch {
    // It has ended.
  }
}
