import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../../support/wait-for.ts'
import { TestCgroup, withCgroups } from './cgroup.ts'
import { HostilePrograms, type ProgramName } from './hostile-programs.ts'
import { stopBySignals } from './signal-stop.ts'

const whenCgroups = withCgroups('stopping hostile programs')
const TRIES = 10

let programs: HostilePrograms
beforeAll(() => {
  programs = new HostilePrograms()
})
afterAll(() => programs[Symbol.dispose]())

/** Steps of another program: the time in which a program that is not stopped would go on. */
const WITNESS_STEPS = 50

whenCgroups.each<readonly [ProgramName, readonly string[]]>([
  ['counter', []],
  ['pid-hopper', []],
  ['pid-hopper', ['500']],
  ['double-forker', []],
  ['double-forker', ['50']],
  ['sigcont-sender', []],
  ['cpu-hogs', ['200']],
  ['self-killer', []],
])('a frozen cgroup holds %s %j', async (name, args) => {
  await using cgroup = new TestCgroup()
  await using elsewhere = new TestCgroup()
  const witness = await programs.start('counter', { cgroup: elsewhere })
  const hostile = await programs.start(name, { args, cgroup })
  await hostile.goOn()
  cgroup.freeze(true)
  await waitFor('the kernel to say frozen', () => cgroup.isFrozen(), { everyMs: 1 })
  const stopped = hostile.living()
  await witness.goOn(WITNESS_STEPS)
  expect(hostile.living()).toEqual(stopped)
  // Any process of the same user may send it; the kernel does not heed it.
  for (const pid of cgroup.pids()) process.kill(pid, 'SIGCONT')
  await witness.goOn(WITNESS_STEPS)
  expect(hostile.living()).toEqual(stopped)

  cgroup.freeze(false)
  if (name === 'self-killer') await waitFor('its end', () => cgroup.pids().length === 0)
  else await hostile.goOn()
})

whenCgroups('signals alone lose a hopper that cgroups hold', async () => {
  await using elsewhere = new TestCgroup()
  const witness = await programs.start('counter', { cgroup: elsewhere })
  let survived = 0
  for (let turn = 0; turn < TRIES && survived === 0; turn++) {
    await using cgroup = new TestCgroup()
    const hopper = await programs.start('pid-hopper', { cgroup })
    await hopper.goOn()
    const saysStopped = stopBySignals(programs.path('pid-hopper'))
    const { count } = hopper.living()
    await witness.goOn(WITNESS_STEPS)
    // Two rounds found nothing that runs, and it hopped on between their looks.
    if (!saysStopped || hopper.living().count > count) survived++
  }
  expect(survived).toBeGreaterThan(0)
})

whenCgroups('a frozen cgroup above holds a mover that may write to its cgroups', async () => {
  await using cgroup = new TestCgroup()
  await using elsewhere = new TestCgroup()
  const folders = ['a', 'b', 'c'].map((name) => join(cgroup.path, name))
  for (const folder of folders) mkdirSync(folder)
  const witness = await programs.start('counter', { cgroup: elsewhere })
  const mover = await programs.start('cgroup-mover', { args: folders.map((each) => `${each}/cgroup.procs`), cgroup })
  await waitFor('its moves', () => mover.living().processes > 20n)
  cgroup.freeze(true)
  await waitFor('the kernel to say frozen', () => cgroup.isFrozen(), { everyMs: 1 })
  const stopped = mover.living()
  await witness.goOn(WITNESS_STEPS)
  expect(mover.living()).toEqual(stopped)
})

whenCgroups('a writer writes nothing after the moment in which the kernel reports frozen', async () => {
  await using cgroup = new TestCgroup()
  await using elsewhere = new TestCgroup()
  const file = join(programs.folder, 'written')
  const witness = await programs.start('counter', { cgroup: elsewhere })
  const writer = await programs.start('writer', { args: [file], cgroup })
  await writer.goOn()
  cgroup.freeze(true)
  await waitFor('the kernel to say frozen', () => cgroup.isFrozen(), { everyMs: 1 })
  const frozenAt = BigInt(Date.now() + 1) * 1_000_000n
  await witness.goOn(WITNESS_STEPS)
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  expect(lines.map((line) => BigInt(line.split(' ')[0] ?? '')).filter((at) => at > frozenAt)).toEqual([])
  expect(lines.length).toBeGreaterThan(0)
})
