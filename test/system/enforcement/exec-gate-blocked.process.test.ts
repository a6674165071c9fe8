import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HostilePrograms } from '../../hostile/stops/hostile-programs.ts'
import { compileHostileProgram, type HostileProgram } from '../../hostile-device/hostile-program.ts'
import {
  gateItself,
  gatePids,
  gateReaders,
  type HoldingGate,
  holdingGate,
  readerParent,
  rulesOf,
  whenGateBuilt,
} from '../../support/processes/holding-gate.ts'
import { ownMount } from '../../support/processes/own-mount.ts'
import { MALLORY } from '../../support/users/other-user.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A user whose arguments lie in memory that never answers, beside others. */

const CALLERS = 12
const ENABLED = whenGateBuilt === test

let programs: HostilePrograms
let hostile: HostileProgram | undefined
let mount: string
let mounted: Disposable | undefined
beforeAll(() => {
  programs = new HostilePrograms()
  mount = join(programs.folder, 'mount')
  if (!ENABLED) return
  mounted = ownMount(mount)
  const compiled = compileHostileProgram(programs.folder)
  if ('missing' in compiled) throw new Error(`there is no ${compiled.missing}`)
  hostile = compiled
})
afterAll(() => {
  mounted?.[Symbol.dispose]()
  programs[Symbol.dispose]()
})

/** Another user's callers, each of which keeps who reads its arguments waiting, and the shell that they start. */
async function unanswering(given: HoldingGate, { login }: { readonly login?: number } = {}) {
  const folder = join(programs.folder, `fuse-${given.cgroup.name.slice(1)}-${login}`)
  const shell = join(mount, 'dash-of-callers')
  mkdirSync(folder)
  if (!existsSync(shell)) copyFileSync('/bin/sh', shell)
  const server = await hostile?.start('hang', folder, 'page')
  if (server === undefined) throw new TypeError('there is no hostile program')
  const setLogin = login === undefined ? '' : `echo ${login} > /proc/self/loginuid && `
  const as = ['/usr/bin/setpriv', `--reuid=${MALLORY}`, '--clear-groups']
  const command = [...as, programs.path('page-caller'), join(folder, 'page'), shell, String(CALLERS)]
  given.run('/bin/sh', '-c', `${setLogin}exec "$@"`, 'sh', ...command)
  return Object.assign(server, { shell })
}

whenGateBuilt('holds callers that never answer unread, and delays no other caller', async () => {
  await using given = holdingGate([mount])
  const agent = programs.copy('counter', join(mount, 'beside/beside-agent'))
  const shell = join(mount, 'dash-of-others')
  copyFileSync('/bin/sh', shell)
  await given.gate.setRules(rulesOf(['beside-agent']))
  const gate = gateItself(given)
  await using _ = await unanswering(given)
  const read = programs.shared()
  // While readers are stuck, before the first of them is given up.
  await waitFor('a reader', () => gateReaders(given).length > 0, { everyMs: 1 })
  given.run(shell, '-c', `exec ${programs.path('counter')} ${read.path}`)
  given.run(agent, programs.shared().path)
  await waitFor('the others to run', () => read.living().count > 0n)
  await waitFor('all of them, and the agent', () => given.held.length === CALLERS + 1, { show: () => given.held })
  const of = (matched: string) => given.held.filter((one) => one.matched === matched).map(({ path }) => path)
  expect(of('file')).toEqual([agent])
  expect(of('unread')).toEqual(Array.from({ length: CALLERS }, () => join(mount, 'dash-of-callers')))
  expect([given.faults, gateItself(given)]).toEqual([[], gate])
})

whenGateBuilt('readers compete for CPU and memory like any program, unlike the gate', async () => {
  await using given = holdingGate([mount])
  await given.gate.setRules(rulesOf(['beside-agent']))
  const [gate, parent] = [gateItself(given), readerParent(given)]
  await using _ = await unanswering(given)
  const readers = await waitFor('stuck readers', () => {
    const pids = gateReaders(given)
    return pids.length === 2 && pids
  })
  // What moves between cgroups keeps a fork waiting: the gate itself has no other child.
  expect(gatePids(given)).toHaveLength(3 + readers.length)
  expect([gate, parent, ...readers].map(isRealTime)).toEqual([true, false, false, false])
  expect(readers.map((pid) => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))).toEqual(['0\n', '0\n'])
})

whenGateBuilt('a user who takes the logins of others has no more readers', async () => {
  await using given = holdingGate([mount])
  await given.gate.setRules(rulesOf(['beside-agent']))
  await using _ = await unanswering(given, { login: 6001 })
  await using __ = await unanswering(given, { login: 6002 })
  await waitFor('all of them', () => given.held.length === 2 * CALLERS, { show: () => given.held.length })
  expect(gateReaders(given)).toHaveLength(2)
})

whenGateBuilt('reads later arguments when the parent of stuck readers is killed', async () => {
  await using given = holdingGate([mount])
  const [shell, folder] = [join(mount, 'dash-of-killed'), join(mount, 'killed-parent')]
  copyFileSync('/bin/sh', shell)
  mkdirSync(folder)
  await given.gate.setRules(rulesOf([], ['/killed-parent/start']))
  const gate = gateItself(given)
  await using _ = await unanswering(given)
  await waitFor('a reader', () => gateReaders(given).length > 0, { everyMs: 1 })
  process.kill(readerParent(given), 'SIGKILL')
  await waitFor('all of them', () => given.held.length === CALLERS, { show: () => given.held.length })
  const { path, living } = programs.shared()
  given.run(shell, '-c', `exec ${programs.path('counter')} ${path}`)
  await waitFor('its steps', () => living().count > 0n)
  given.run(shell, join(folder, 'start'))
  await waitFor('the script', () => given.held.length > CALLERS)
  expect(given.held.map(({ matched }) => matched)).toEqual([...Array(CALLERS).fill('unread'), 'script'])
  expect([given.faults, gateItself(given)]).toEqual([[], gate])
})

whenGateBuilt('what runs beside stuck readers is neither held nor unread, again and again', async () => {
  await using given = holdingGate([mount])
  const shell = join(mount, 'dash-of-many')
  copyFileSync('/bin/sh', shell)
  await given.gate.setRules(rulesOf(['beside-agent']))
  await using _ = await unanswering(given)
  await waitFor('all of them', () => given.held.length === CALLERS)
  for (let turn = 0; turn < 20; turn++) {
    const { path, living } = programs.shared()
    given.run(shell, '-c', `exec ${programs.path('counter')} ${path}`)
    await waitFor('its steps', () => living().count > 0n)
  }
  expect([given.held.length, given.faults]).toEqual([CALLERS, []])
})

whenGateBuilt('a gate that is killed while its readers are stuck holds up nothing', async () => {
  await using given = holdingGate([mount])
  const other = programs.copy('counter', join(mount, 'killed/other'))
  await given.gate.setRules(rulesOf(['beside-agent']))
  await using _ = await unanswering(given)
  await waitFor('all of them', () => given.held.length === CALLERS)
  process.kill(gateItself(given), 'SIGKILL')
  await waitFor('the fault', () => given.faults.includes('COMMAND_FAILED'))
  const { path, living } = programs.shared()
  given.run(other, path)
  await waitFor('its steps', () => living().count > 10n)
})

function isRealTime(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // Field 41 of proc_pid_stat(5), counted behind the name.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38] !== '0'
}
