import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestCgroup } from '../../hostile/stops/cgroup.ts'
import { type CountingAgent, countingAgent, groupOf } from '../../support/processes/counting-agent.ts'
import { CGROUP2, testFreezer } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const A = 'a'.repeat(32)
const asRoot = CGROUP2 === undefined ? describe.skip : describe
/** Any controller: a group that passes one on to its groups takes no processes itself. */
const CONTROLLER = readFileSync(join(CGROUP2 ?? '/proc/self', CGROUP2 === undefined ? 'cgroup' : 'cgroup.controllers'))
  .toString()
  .split(/\s/)[0]
const withController = CONTROLLER === '' ? test.skip : test
if (CONTROLLER === '') process.stderr.write('skipped: groups that only hold groups need a controller of cgroup v2\n')

const LONG = Array.from({ length: 5 }, (_, at) => `${at}`.repeat(60))

/** Frozen in `group` and released again. */
async function released(agent: CountingAgent, group: string, meanwhile = () => {}): Promise<void> {
  using freezer = testFreezer()
  const children = readFileSync(`/proc/${agent.pid}/task/${agent.pid}/children`, 'utf8')
  for (const pid of [agent.pid, ...children.split(' ').filter(Boolean)])
    writeFileSync(join(CGROUP2 ?? '', group, 'cgroup.procs'), `${pid}`)
  await freezer.freeze([{ agent: A, processes: [agent] }])
  expect(await agent.writes()).toBe(false)
  meanwhile()
  freezer.release(A, [])
  await agent.goesOn()
  await waitFor('it to leave the quarantine', () => !groupOf(agent.pid).includes('quarantine'))
}

/** Until disposed, the groups below may limit the use of something. */
function passedOn(group: string): Disposable {
  const file = join(group, 'cgroup.subtree_control')
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, `+${CONTROLLER}`)
  return { [Symbol.dispose]: () => (before === '' ? writeFileSync(file, `-${CONTROLLER}`) : undefined) }
}

asRoot('a released process stays below the group of its user', () => {
  test.each([
    ['named a|b', ['a|b'], []],
    ['below one named a|b', ['a', 'b|', 'c'], ['a']],
    ['with a path that is too long', LONG, LONG.slice(0, 3)],
  ])('when it was in a group %s', async (_, groups, place) => {
    await using user = new TestCgroup()
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    mkdirSync(join(user.path, ...groups), { recursive: true })
    await released(agent, join(user.name, ...groups))
    expect(groupOf(agent.pid)).toBe(join(user.name, ...place))
  })

  withController('when its group has gone and the one above only holds groups', async () => {
    using _ = passedOn(CGROUP2 ?? '')
    await using user = new TestCgroup()
    using folder = temporaryFolder()
    await using agent = await countingAgent(folder.path, 'a')
    mkdirSync(join(user.path, 'a|b'))
    passedOn(user.path)
    await released(agent, join(user.name, 'a|b'), () => rmdirSync(join(user.path, 'a|b')))
    expect(groupOf(agent.pid)).toBe(join(user.name, 'surety.released'))
  })
})
