import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countingAgent, groupOf } from '../../support/processes/counting-agent.ts'
import { CGROUP2, freezerName, testFreezer } from '../../support/processes/test-freezer.ts'
import { testSlice } from '../../support/processes/test-slice.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const asRoot = CGROUP2 === undefined ? describe.skip : describe
const root = CGROUP2 ?? ''

const METHODS = [
  ['cgroup2', []],
  ['cgroup1', ['cgroup2']],
  ['signals', ['cgroup2', 'cgroup1']],
] as const

asRoot.each(METHODS)('with %s', (method, without) => {
  const open = (name?: string) => testFreezer({ without, ...(name === undefined ? {} : { name }) })
  const stoppedIn = (rows: readonly { pid: number; startTicks: number; status: string }[]) =>
    rows.filter(({ status }) => status === 'signals')

  test('stops an agent with its children, and resumes it', async () => {
    using folder = temporaryFolder()
    using freezer = open()
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    freezer.own([{ pid: agent.pid, agent: A }])
    const result = await freezer.freeze([{ agent: A, processes: [agent] }])
    expect(result.rows.map(({ status }) => status)).toEqual([method, method])
    expect(result.confirmedMs).toBeGreaterThan(0)
    expect(await agent.writes()).toBe(false)
    await other.goesOn()
    expect(freezer.release(A, stoppedIn(result.rows))).toBe(2)
    await agent.goesOn()
    expect(freezer.held()).toEqual([])
  })

  test('stops what left the agent behind before anybody looked', async () => {
    using folder = temporaryFolder()
    using freezer = open()
    await using agent = await countingAgent(folder.path, 'a', 'read line < "$0.go";')
    freezer.own([{ pid: agent.pid, agent: A }])
    // A child of a child that has ended, in a session of its own.
    const late = join(folder.path, 'late')
    const script = `setsid /bin/sh -c 'while :; do echo >> ${late}; done' & exit`
    await using forker = await countingAgent(folder.path, 'forker', `sleep 0.2; /bin/sh -c "${script}";`)
    freezer.own([{ pid: forker.pid, agent: B }])
    const size = () => (existsSync(late) ? readFileSync(late).length : 0)
    await waitFor('the child that was left behind', () => size() > 0)
    const result = await freezer.freeze([{ agent: B, processes: [forker] }])
    const before = size()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(size()).toBe(before)
    await agent.goesOn()
    freezer.kill(B, stoppedIn(result.rows))
    await waitFor('the end of all', () => result.rows.every(({ pid }) => isOver(pid)))
  })

  test('ends a frozen agent', async () => {
    using folder = temporaryFolder()
    using freezer = open()
    await using agent = await countingAgent(folder.path, 'a')
    const result = await freezer.freeze([{ agent: A, processes: [agent] }])
    freezer.kill(A, stoppedIn(result.rows))
    await waitFor('its end', () => isOver(agent.pid))
    expect(await agent.writes()).toBe(false)
  })

  test('touches no process whose pid was used again', async () => {
    using folder = temporaryFolder()
    using freezer = open()
    await using agent = await countingAgent(folder.path, 'a')
    const { pid, startTicks } = agent
    const result = await freezer.freeze([{ agent: A, processes: [{ pid, startTicks: startTicks - 1 }] }])
    expect(result.rows).toEqual([{ pid, startTicks: startTicks - 1, agent: A, status: 'ended' }])
    await agent.goesOn()
    expect(freezer.release(A, [{ pid, startTicks: startTicks - 1 }])).toBe(0)
  })

  test('stops neither init nor this program', async () => {
    using freezer = open()
    const processes = [process.pid, 1].map((pid) => ({ pid, startTicks: ticksOf(pid) }))
    const { rows } = await freezer.freeze([{ agent: A, processes }])
    expect(rows.map(({ pid, status }) => [pid, status])).toEqual([
      [process.pid, 'protected'],
      [1, 'protected'],
    ])
    freezer.release(A, [])
  })

  test('answers for an agent that has ended, and for none', async () => {
    using freezer = open()
    expect((await freezer.freeze([])).rows).toEqual([])
    const { rows } = await freezer.freeze([{ agent: A, processes: [{ pid: 4_000_000, startTicks: 1 }] }])
    expect(rows.map(({ status }) => status)).toEqual(['ended'])
    freezer.release(A, [])
    const many = Array.from({ length: 257 }, (_, at) => ({ agent: at.toString(16).padStart(32, '0'), processes: [] }))
    await expect(freezer.freeze(many)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })
})

asRoot('in cgroup v2', () => {
  test('an agent stays frozen when the program ends, and the next one finds it', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    await using agent = await countingAgent(folder.path, 'a')
    const first = testFreezer({ name })
    await first.freeze([{ agent: A, processes: [agent] }])
    first.close()
    using second = testFreezer({ name })
    expect(second.held()).toEqual([A])
    expect(second.processesOf(A)).toContain(agent.pid)
    expect(await agent.writes()).toBe(false)
    expect(second.release(A, [])).toBe(2)
    await agent.goesOn()
  })

  test('an agent that an earlier run stopped in part is stopped whole', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    using slice = testSlice()
    await using agent = await countingAgent(folder.path, 'a')
    slice.take(agent.pid)
    const first = testFreezer({ name })
    const { rows } = await first.freeze([{ agent: A, processes: [agent] }])
    first.close()
    for (const { pid } of rows) if (pid !== agent.pid) slice.take(pid)
    await agent.goesOn()
    using second = testFreezer({ name })
    const again = await second.freeze([{ agent: A, processes: [agent] }])
    expect(again.rows.map(({ status }) => status)).toEqual(['cgroup2', 'cgroup2'])
    expect(await agent.writes()).toBe(false)
  })

  test('puts back an agent that an earlier run released', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    using slice = testSlice()
    await using agent = await countingAgent(folder.path, 'a')
    slice.take(agent.pid)
    const first = testFreezer({ name })
    await first.freeze([{ agent: A, processes: [agent] }])
    // As a daemon that is killed right after it.
    writeFileSync(join(CGROUP2 ?? '', 'surety.quarantine', name, A, 'cgroup.freeze'), '0')
    using second = testFreezer({ name })
    expect([second.held(), groupOf(agent.pid)]).toEqual([[], slice.group])
    await agent.goesOn()
    first.close()
  })

  test('SIGCONT of another process does not undo it', async () => {
    using folder = temporaryFolder()
    using freezer = testFreezer()
    await using agent = await countingAgent(folder.path, 'a')
    const { rows } = await freezer.freeze([{ agent: A, processes: [agent] }])
    for (const { pid } of rows) process.kill(pid, 'SIGCONT')
    expect(await agent.writes()).toBe(false)
    freezer.release(A, [])
  })

  test('pauses the group of an agent, and puts it back there', async () => {
    using folder = temporaryFolder()
    using freezer = testFreezer()
    using slice = testSlice()
    await using agent = await countingAgent(folder.path, 'a')
    await using other = await countingAgent(folder.path, 'b')
    for (const one of [agent, other]) slice.take(one.pid)
    freezer.own([{ pid: agent.pid, agent: A }])
    const result = await freezer.freeze([{ agent: A, processes: [agent] }])
    expect([result.oneByOne, result.rows.length]).toEqual([false, 2])
    expect(result.pausedMs).toBeGreaterThan(0)
    expect(groupOf(agent.pid)).toContain('surety.quarantine')
    await other.goesOn()
    freezer.release(A, [])
    await agent.goesOn()
    await waitFor('it to be where it was', () => groupOf(agent.pid) === slice.group)
    // Released and frozen again at once.
    await freezer.freeze([{ agent: A, processes: [agent] }])
    freezer.release(A, [])
    const again = await freezer.freeze([{ agent: A, processes: [agent] }])
    expect(again.rows.map(({ status }) => status)).toEqual(['cgroup2', 'cgroup2'])
    expect(await agent.writes()).toBe(false)
    freezer.release(A, [])
    await waitFor('it to be where it was', () => groupOf(agent.pid) === slice.group)
  })

  test('resumes an agent above its group when that group has gone', async () => {
    using folder = temporaryFolder()
    using freezer = testFreezer()
    await using agent = await countingAgent(folder.path, 'a')
    {
      using slice = testSlice()
      slice.take(agent.pid)
      await freezer.freeze([{ agent: A, processes: [agent] }])
    }
    expect(freezer.release(A, [])).toBe(2)
    await agent.goesOn()
    await waitFor('it to be above', () => groupOf(agent.pid) === '/')
  })

  test('resumes a group that a killed run had paused', async () => {
    using folder = temporaryFolder()
    const name = freezerName()
    using slice = testSlice()
    await using agent = await countingAgent(folder.path, 'a')
    slice.take(agent.pid)
    const unit = slice.group.split('/').slice(1, 3).join('/')
    const mark = join(root, 'surety.quarantine', name, 'paused', unit.replaceAll('/', '|'))
    mkdirSync(mark, { recursive: true })
    writeFileSync(join(root, unit, 'cgroup.freeze'), '1')
    expect(await agent.writes()).toBe(false)
    using _ = testFreezer({ name })
    await agent.goesOn()
    expect(existsSync(mark)).toBe(false)
  })
})

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

/** Ended, or waits for its parent to ask. */
function isOver(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return true
  }
}
