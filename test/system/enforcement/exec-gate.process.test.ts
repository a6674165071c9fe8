import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { execGate } from '../../../src/system/enforcement/exec-gate.ts'
import { CGROUP_ROOT, TestCgroup } from '../../hostile/stops/cgroup.ts'
import { HostilePrograms } from '../../hostile/stops/hostile-programs.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import {
  GATE_PROGRAM,
  gateItself,
  gatePids,
  type HoldingGate,
  holdingGate,
  killAll,
  rulesOf,
  whenGateBuilt,
} from '../../support/processes/holding-gate.ts'
import { ownMount } from '../../support/processes/own-mount.ts'
import { waitFor } from '../../support/wait-for.ts'

let programs: HostilePrograms
let mount: string
let mounted: Disposable | undefined
beforeAll(() => {
  programs = new HostilePrograms()
  mount = join(programs.folder, 'mount')
  if (CGROUP_ROOT !== undefined) mounted = ownMount(mount)
})
afterAll(() => {
  mounted?.[Symbol.dispose]()
  programs[Symbol.dispose]()
})

whenGateBuilt('holds a program before its first instruction, and runs it once released', async () => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'held/some-agent'))
  await expect(given.gate.setRules(rulesOf(['some-agent']))).resolves.toMatchObject({ mounts: expect.any(Number) })
  const { path, living } = programs.shared()
  given.run(agent, path)
  const held = await given.next()
  expect(held).toMatchObject({ path: agent, matched: 'file', cgroup: given.cgroup.name })
  await waitFor('the kernel to say frozen', () => given.gate.isFrozen())
  expect(given.gate.held()).toEqual([{ pid: held.pid, cgroup: given.cgroup.name }])
  expect(living().count).toBe(0n)
  expect(given.gate.release(held.pid)).toBe(true)
  await waitFor('its first steps', () => living().count > 10n)
  // It is not held any more.
  expect(given.gate.release(held.pid)).toBe(false)
  expect(given.faults).toEqual([])
})

whenGateBuilt('a program from a group named a|b goes back to the group above, not to the root', async () => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'odd/odd-agent'))
  await given.gate.setRules(rulesOf(['odd-agent']))
  const { path, living } = programs.shared()
  const group = join(given.cgroup.path, 'a|b')
  mkdirSync(group)
  given.run('/bin/sh', '-c', 'echo 0 > "$0/cgroup.procs" && exec "$@"', group, agent, path)
  const held = await given.next()
  expect(held.cgroup).toBe(`${given.cgroup.name}/a|b`)
  expect(given.gate.release(held.pid)).toBe(true)
  await waitFor('its first steps', () => living().count > 10n)
  expect(given.cgroup.pids()).toContain(held.pid)
})

whenGateBuilt('all that match none of the rules run', async () => {
  await using given = holdingGate([mount])
  await given.gate.setRules(rulesOf(['some-agent'], ['/of-an-agent/']))
  const other = programs.copy('counter', join(mount, 'plain/some-agents'))
  const shell = join(mount, 'plain/dash')
  copyFileSync('/bin/sh', shell)
  for (let turn = 0; turn < 20; turn++) {
    const { stdout } = spawnSync('/bin/sh', ['-c', `${shell} -c 'echo some-agents'; exit`], { encoding: 'utf8' })
    expect(stdout).toBe('some-agents\n')
  }
  const { path, living } = programs.shared()
  given.run(other, path)
  await waitFor('its steps', () => living().count > 10n)
  expect([given.held, given.faults]).toEqual([[], []])
})

whenGateBuilt('never holds an interpreter whose arguments match no rule, however often it runs', async () => {
  await using given = holdingGate([mount])
  const shell = join(mount, 'dash-often')
  copyFileSync('/bin/sh', shell)
  await given.gate.setRules(rulesOf(['some-agent']))
  const starts = 'for i in 1 2 3 4 5 6 7 8 9 10; do "$0" -c true; done; exit'
  for (let turn = 0; turn < 30; turn++) spawnSync('/bin/sh', ['-c', starts, shell])
  expect([given.held, given.faults]).toEqual([[], []])
})

whenGateBuilt('a script is held by its first line, and by the argument of its interpreter', async () => {
  await using given = holdingGate([mount])
  const folder = join(mount, 'of-an-agent')
  mkdirSync(folder)
  const [shell, script] = [join(mount, 'dash-of-tests'), join(folder, 'start')]
  copyFileSync('/bin/sh', shell)
  writeFileSync(script, `#!${shell}\nwhile true; do sleep 1; done\n`, { mode: 0o755 })
  await given.gate.setRules(rulesOf([], ['/of-an-agent/start']))
  given.run(script)
  expect(await given.next()).toMatchObject({ path: script, matched: 'file' })
  given.run(shell, '-u', script)
  expect(await given.next()).toMatchObject({ path: shell, matched: 'script' })
  // Named from the folder in which it is started.
  given.run('/bin/sh', '-c', `cd ${folder} && exec ${shell} start`)
  expect(await given.next()).toMatchObject({ path: shell, matched: 'script' })
  expect(given.held).toHaveLength(3)
})

whenGateBuilt('a rule for one user holds nothing of another', async () => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'users/user-agent'))
  await given.gate.setRules(rulesOf(['user-agent'], [], [4242, 4243]))
  const own = programs.shared()
  given.run(agent, own.path)
  await waitFor('its steps', () => own.living().count > 10n)
  await given.gate.setRules(rulesOf(['user-agent'], [], [4242, { first: process.getuid?.() ?? 0, count: 9 }]))
  given.run(agent, programs.shared().path)
  await given.next()
  expect(given.held).toHaveLength(1)
})

whenGateBuilt.each([
  ['real', ['setpriv', '--ruid=4242']],
  ['effective', ['setpriv', '--euid=4242']],
  ['login', ['sh', '-c', 'echo 4242 > /proc/self/loginuid && exec "$@"', 'sh']],
])('a user is known by the %s user id, as under sudo', async (_, [starter = '', ...args]) => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'ids/ids-agent'))
  await given.gate.setRules(rulesOf(['ids-agent'], [], [4242]))
  given.run('/usr/bin/env', starter, ...args, agent, programs.shared().path)
  expect(await given.next()).toMatchObject({ path: agent, matched: 'file' })
})

whenGateBuilt('holds an interpreter whose arguments cannot be read if a rule selects its user', async () => {
  await using given = holdingGate([mount])
  const shell = join(mount, 'dash-unread')
  copyFileSync('/bin/sh', shell)
  const many = Array.from({ length: 5_000 }, () => '-u')
  await given.gate.setRules(rulesOf(['some-agent'], [], [4242]))
  spawnSync('/bin/sh', ['-c', '"$0" "$@"; exit', shell, ...many], { stdio: 'ignore' })
  await given.gate.setRules(rulesOf(['some-agent'], [], [process.getuid?.() ?? 0]))
  given.run(shell, ...many)
  expect(await given.next()).toMatchObject({ path: shell, matched: 'unread' })
  expect(given.held).toHaveLength(1)
})

whenGateBuilt.each([
  ['behind 24 arguments', Array.from({ length: 30 }, () => '-u')],
  ['behind 16 KiB of an option', [`-${'u'.repeat(20_000)}`]],
  ['behind a megabyte', Array.from({ length: 10 }, () => `-${'u'.repeat(100_000)}`)],
])('a script %s is not passed', async (_, before) => {
  await using given = holdingGate([mount])
  const [shell, script] = [join(mount, 'dash-of-arguments'), join(mount, 'long/agent-script')]
  copyFileSync('/bin/sh', shell)
  await given.gate.setRules(rulesOf([], ['/long/agent-script']))
  given.run(shell, ...before, script)
  const { path, matched } = await given.next()
  expect([path, matched]).toEqual([shell, before.length === 10 ? 'unread' : 'script'])
})

whenGateBuilt('an interpreter with very many arguments from its folder is held unread', async () => {
  await using given = holdingGate([mount])
  const shell = join(mount, 'dash-relative')
  copyFileSync('/bin/sh', shell)
  await given.gate.setRules(rulesOf(['some-agent']))
  const relative = Array.from({ length: 300 }, () => 'x')
  spawnSync('/bin/sh', ['-c', '"$0" "$@"; exit', shell, ...relative.slice(0, 200)], { stdio: 'ignore' })
  given.run(shell, ...relative)
  expect(await given.next()).toMatchObject({ path: shell, matched: 'unread' })
  expect(given.held).toHaveLength(1)
})

whenGateBuilt('without a rule nothing is held, and what was held stays', async () => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'later/later-agent'))
  await given.gate.setRules(rulesOf(['later-agent']))
  const first = programs.shared()
  given.run(agent, first.path)
  const held = await given.next()
  await expect(given.gate.setRules({ interpreters: [], rules: [] })).resolves.toEqual({ mounts: 0, refusedMounts: 0 })
  const second = programs.shared()
  given.run(agent, second.path)
  await waitFor('the steps of the second', () => second.living().count > 10n)
  expect(first.living().count).toBe(0n)
  expect(given.gate.release(held.pid)).toBe(true)
  await waitFor('the steps of the first', () => first.living().count > 10n)
  expect(given.faults).toEqual([])
})

whenGateBuilt('a killed gate lets every held program run, and restarts with its rules', async () => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'again/again-agent'))
  await given.gate.setRules(rulesOf(['again-agent']))
  killAll(gatePids(given))
  await waitFor('the fault', () => given.faults.includes('COMMAND_FAILED'))
  const free = programs.shared()
  given.run(agent, free.path)
  await waitFor('something held', () => {
    given.run(agent, programs.shared().path)
    return given.held.length > 0
  })
})

whenGateBuilt.each(['SIGSTOP', 'a frozen cgroup'])(
  'a gate that is stuck by %s holds up execs only until it is ended',
  async (how) => {
    await using given = holdingGate([mount])
    const other = programs.copy('counter', join(mount, 'stuck/other'))
    await given.gate.setRules(rulesOf(['some-agent']))
    if (how === 'SIGSTOP') process.kill(gateItself(given), 'SIGSTOP')
    else await freezeAlone(given, gateItself(given))
    const { path, living } = programs.shared()
    given.run(other, path)
    await waitFor('the fault', () => given.faults.includes('COMMAND_FAILED'))
    await waitFor('its steps', () => living().count > 10n)
  },
)

whenGateBuilt('without its watchdog the gate ends', async () => {
  await using given = holdingGate([mount])
  await given.gate.setRules(rulesOf(['some-agent']))
  const gate = gateItself(given)
  killAll(gatePids(given).filter((pid) => pid !== gate))
  await waitFor('its end', () => !existsSync(`/proc/${gate}`))
  await waitFor('the fault', () => given.faults.length > 0)
  expect(given.faults).toEqual(['COMMAND_FAILED'])
})

whenGateBuilt('many processes that start at once are all held', async () => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'many/many-agent'))
  await given.gate.setRules(rulesOf(['many-agent']))
  const shared = Array.from({ length: 30 }, () => programs.shared())
  const lines = shared.map(({ path }) => `${agent} ${path} &`).join('\n')
  given.run('/bin/sh', '-c', `${lines}\nwait`)
  await waitFor('all of them', () => given.held.length === shared.length, { show: () => given.held.length })
  expect(shared.map(({ living }) => living().count)).toEqual(shared.map(() => 0n))
  for (const process of given.held) expect(given.gate.release(process.pid)).toBe(true)
  await waitFor('their steps', () => shared.every(({ living }) => living().count > 0n))
})

whenGateBuilt('all local file systems are watched where none is named', async () => {
  await using given = holdingGate([])
  const agent = programs.copy('counter', join(mount, 'everywhere/everywhere-agent'))
  const { mounts } = await given.gate.setRules(rulesOf(['everywhere-agent']))
  expect(mounts).toBeGreaterThan(1)
  given.run(agent, programs.shared().path)
  expect(await given.next()).toMatchObject({ path: agent })
})

whenGateBuilt.each([
  ['a cgroup that cannot be', '/proc/self/held', []],
  ['no file system to watch', '', ['/nonexistent']],
])('with %s nothing is held, and that is said', async (_, cgroup, mounts) => {
  await using above = new TestCgroup()
  await using gate = execGate(
    { clock: systemClock },
    {
      program: GATE_PROGRAM,
      root: CGROUP_ROOT ?? '',
      cgroup: cgroup || join(above.path, 'held'),
      mounts,
      onHeld: () => undefined,
    },
  )
  expect(await codeThrown(() => gate.setRules(rulesOf(['a'])))).toBe('NOT_SUPPORTED')
  expect(await codeThrown(() => gate.setRules(rulesOf([''])))).toBe('INPUT_MALFORMED')
})

test.each([
  ['is no gate', '/bin/true', 'COMMAND_FAILED'],
  ['is not there', '/nonexistent/gate', 'COMMAND_FAILED'],
  ['is no absolute path', 'gate', 'COMMAND_NOT_ALLOWED'],
])('a program that %s is refused', async (_, program, code) => {
  await using gate = execGate({ clock: systemClock }, { program, root: '/', cgroup: '/held', onHeld: () => undefined })
  expect(await codeThrown(() => gate.setRules(rulesOf(['a'])))).toBe(code)
})

async function freezeAlone({ cgroup }: HoldingGate, pid: number): Promise<void> {
  const frozen = join(cgroup.path, 'frozen')
  mkdirSync(frozen)
  const alone = new TestCgroup({ existing: frozen })
  alone.freeze(true)
  alone.add(pid)
  await waitFor('the kernel to say frozen', () => alone.isFrozen())
}
