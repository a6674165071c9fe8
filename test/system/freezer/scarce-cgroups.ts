import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countingAgent, groupOf } from '../../support/processes/counting-agent.ts'
import { testFreezer } from '../../support/processes/test-freezer.ts'

/**
 * Freezes two agents where cgroup v2 is as the first argument says. Runs in namespaces of its own, with a cgroup of its own for
 * the root; the agents are in its group `work`. Prints what became of them as JSON.
 *
 * @see scarce-cgroups.process.test.ts
 */
const [, , folder = '', root = '', room = ''] = process.argv
const IDS = ['a'.repeat(32), 'b'.repeat(32)]

const moveUs = (group: string) => {
  if (root !== '') writeFileSync(join(root, group, 'cgroup.procs'), `${process.pid}`)
}

moveUs('work')
await using first = await countingAgent(folder, 'a')
await using second = await countingAgent(folder, 'b')
await using other = await countingAgent(folder, 'c')
moveUs('')
if (room !== '') {
  const [, groups] = /^nr_descendants (\d+)$/m.exec(readFileSync(join(root, 'cgroup.stat'), 'utf8')) ?? []
  writeFileSync(join(root, 'cgroup.max.descendants'), `${Number(groups) + Number(room)}`)
}
const freezer = testFreezer()
const agents = [first, second]
freezer.own(agents.map(({ pid }, at) => ({ pid, agent: IDS[at] ?? '' })))
const { rows, incomplete } = await freezer.freeze(
  agents.map((agent, at) => ({ agent: IDS[at] ?? '', processes: [agent] })),
)
const wrote = [await first.writes(), await second.writes()]
await other.goesOn()
const released = IDS.map((id) =>
  freezer.release(
    id,
    rows.filter(({ agent, status }) => agent === id && status === 'signals'),
  ),
)
for (const agent of agents) await agent.goesOn()
await freezer.freeze([])
const groups = agents.map(({ pid }) => groupOf(pid))
freezer.close()
const left = root === '' ? [] : readdirSync(root).filter((name) => name.startsWith('surety.'))
const inside = left.flatMap((name) => readdirSync(join(root, name)).filter((each) => each.startsWith('test-')))
const statuses = rows.map(({ status }) => status)
process.stdout.write(JSON.stringify({ statuses, incomplete, wrote, released, groups, inside }))
