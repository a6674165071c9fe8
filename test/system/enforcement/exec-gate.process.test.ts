import { spawn, spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { type ExecGate, execGate } from '../../../src/system/enforcement/exec-gate.ts'
import type { HeldProcess, HoldRules } from '../../../src/system/enforcement/exec-gate-messages.ts'
import { CGROUP_ROOT, TestCgroup, withCgroups } from '../../hostile/stops/cgroup.ts'
import { HostilePrograms } from '../../hostile/stops/hostile-programs.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { waitFor } from '../../support/wait-for.ts'

const PROGRAM = resolve(import.meta.dirname, '../../../native/build/surety-exec-gate')
const whenBuilt = existsSync(PROGRAM) ? withCgroups('holding programs as they start') : test.skip
const ROOT = CGROUP_ROOT ?? ''

let programs: HostilePrograms
beforeAll(() => {
  programs = new HostilePrograms()
})
afterAll(() => programs[Symbol.dispose]())

interface Held extends AsyncDisposable {
  readonly gate: ExecGate
  readonly held: HeldProcess[]
  readonly faults: string[]
  readonly cgroup: TestCgroup
  /** Starts a program as its own child's child: what the gate's parent starts itself is never held. */
  run(program: string, ...args: readonly string[]): void
  next(): Promise<HeldProcess>
}

function holding(init: { readonly program?: string } = {}): Held {
  const cgroup = new TestCgroup()
  const held: HeldProcess[] = []
  const faults: string[] = []
  let taken = 0
  const gate = execGate(
    { clock: systemClock },
    {
      program: init.program ?? PROGRAM,
      root: ROOT,
      cgroup: join(cgroup.path, 'held'),
      onHeld: (process) => held.push(process),
      onUnheld: ({ path, reason }) => faults.push(`${path}: ${reason}`),
      onFault: ({ code }) => faults.push(code),
    },
  )
  return {
    gate,
    held,
    faults,
    cgroup,
    run(program, ...args) {
      const join_ = `echo 0 > ${cgroup.path}/cgroup.procs`
      spawnSync('/bin/sh', ['-c', `(${join_} && exec "$0" "$@") > /dev/null 2>&1 < /dev/null &`, program, ...args])
    },
    async next() {
      return await waitFor('a held process', () => held[taken]).finally(() => taken++)
    },
    async [Symbol.asyncDispose]() {
      await gate[Symbol.asyncDispose]()
      await cgroup[Symbol.asyncDispose]()
    },
  }
}

const rulesFor = (names: readonly string[], parts: readonly string[] = [], uid?: number): HoldRules => ({
  interpreters: ['node*'],
  rules: [{ uid, names, parts }],
})

whenBuilt('a program stands before its first instruction, and runs once it is released', async () => {
  await using given = holding()
  const agent = programs.copy('counter', join(programs.folder, 'held/some-agent'))
  await expect(given.gate.setRules(rulesFor(['some-agent']))).resolves.toMatchObject({ mounts: expect.any(Number) })
  const { path, living } = programs.shared()
  given.run(agent, path)
  const held = await given.next()
  expect(held).toMatchObject({ path: agent, matched: 'file', cgroup: given.cgroup.name })
  await waitFor('the kernel to say frozen', () => /frozen 1/.test(readEvents(given.cgroup)))
  expect(living().count).toBe(0n)
  expect(given.gate.release(held)).toBe(true)
  await waitFor('its first steps', () => living().count > 10n)
  // It is not held any more.
  expect(given.gate.release(held)).toBe(false)
  expect(given.faults).toEqual([])
})

whenBuilt('all that match none of the rules run', async () => {
  await using given = holding()
  await given.gate.setRules(rulesFor(['some-agent'], ['/of-an-agent/']))
  for (let turn = 0; turn < 50; turn++) expect(spawnSync('/bin/true').status).toBe(0)
  expect(spawnSync(process.execPath, ['-e', 'console.log("some-agents")'], { encoding: 'utf8' }).stdout).toBe(
    'some-agents\n',
  )
  expect(given.held).toEqual([])
})

whenBuilt('a script is held by its name in the first line, and by the argument of its interpreter', async () => {
  await using given = holding()
  const folder = join(programs.folder, 'of-an-agent')
  programs.copy('counter', join(folder, 'unused'))
  const script = join(folder, 'start')
  writeFileSync(script, `#!${process.execPath}\nsetInterval(() => {}, 1000)\n`, { mode: 0o755 })
  await given.gate.setRules(rulesFor([], ['/of-an-agent/start']))
  given.run(script)
  expect(await given.next()).toMatchObject({ path: script, matched: 'file' })
  given.run(process.execPath, '--no-warnings', script)
  expect(await given.next()).toMatchObject({ path: process.execPath, matched: 'script' })
  // Named from the folder in which it is started.
  given.run('/bin/sh', '-c', `cd ${folder} && exec ${process.execPath} start`)
  expect(await given.next()).toMatchObject({ path: process.execPath, matched: 'script' })
  expect(given.held).toHaveLength(3)
})

whenBuilt('a rule for one user holds nothing of another', async () => {
  await using given = holding()
  const agent = programs.copy('counter', join(programs.folder, 'users/user-agent'))
  await given.gate.setRules(rulesFor(['user-agent'], [], 4242))
  const own = programs.shared()
  given.run(agent, own.path)
  await waitFor('its steps', () => own.living().count > 10n)
  await given.gate.setRules(rulesFor(['user-agent'], [], process.getuid?.()))
  given.run(agent, programs.shared().path)
  await given.next()
  expect(given.held).toHaveLength(1)
})

whenBuilt('without a rule nothing is held, and what was held stays', async () => {
  await using given = holding()
  const agent = programs.copy('counter', join(programs.folder, 'later/later-agent'))
  await given.gate.setRules(rulesFor(['later-agent']))
  const first = programs.shared()
  given.run(agent, first.path)
  const held = await given.next()
  await expect(given.gate.setRules({ interpreters: [], rules: [] })).resolves.toEqual({ mounts: 0, refusedMounts: 0 })
  const second = programs.shared()
  given.run(agent, second.path)
  await waitFor('the steps of the second', () => second.living().count > 10n)
  expect(first.living().count).toBe(0n)
  expect(given.gate.release(held)).toBe(true)
  await waitFor('the steps of the first', () => first.living().count > 10n)
  expect(given.faults).toEqual([])
})

whenBuilt('a gate that is killed lets everything go on, and is started again with its rules', async () => {
  await using given = holding()
  const agent = programs.copy('counter', join(programs.folder, 'again/again-agent'))
  await given.gate.setRules(rulesFor(['again-agent']))
  for (const pid of gatePids()) process.kill(pid, 'SIGKILL')
  await waitFor('the fault', () => given.faults.includes('COMMAND_FAILED'))
  for (let turn = 0; turn < 20; turn++) expect(spawnSync('/bin/true').status).toBe(0)
  await waitFor('another gate', () => gatePids().length === 1)
  await waitFor('something held', () => {
    given.run(agent, programs.shared().path)
    return given.held.length > 0
  })
})

whenBuilt('a stopped gate holds up execs only until it ends', async () => {
  await using given = holding()
  await given.gate.setRules(rulesFor(['some-agent']))
  const [pid = 0] = gatePids()
  process.kill(pid, 'SIGSTOP')
  const waiting = spawn('/bin/true')
  const ended = new Promise((resolve) => waiting.once('exit', resolve))
  process.kill(pid, 'SIGKILL')
  expect(await ended).toBe(0)
})

whenBuilt('a cgroup that cannot be is said to be unsupported, and nothing is held up', async () => {
  const gate = execGate(
    { clock: systemClock },
    { program: PROGRAM, root: ROOT, cgroup: '/proc/self/held', onHeld: () => undefined },
  )
  await using _gate = gate
  expect(await codeThrown(() => gate.setRules(rulesFor(['a'])))).toBe('NOT_SUPPORTED')
  expect(spawnSync('/bin/true').status).toBe(0)
})

test.each([
  ['is no gate', '/bin/true', 'COMMAND_FAILED'],
  ['is not there', '/nonexistent/gate', 'COMMAND_FAILED'],
  ['is no absolute path', 'gate', 'COMMAND_NOT_ALLOWED'],
])('a program that %s is refused', async (_, program, code) => {
  await using gate = execGate({ clock: systemClock }, { program, root: '/', cgroup: '/held', onHeld: () => undefined })
  expect(await codeThrown(() => gate.setRules(rulesFor(['a'])))).toBe(code)
})

function readEvents(cgroup: TestCgroup): string {
  return spawnSync('/bin/cat', [join(cgroup.path, 'held/cgroup.events')], { encoding: 'utf8' }).stdout
}

function gatePids(): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(process.pid), '-x', 'surety-exec-gat'], { encoding: 'utf8' })
  return stdout.trim().split('\n').filter(Boolean).map(Number)
}
