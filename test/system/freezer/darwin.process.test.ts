import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { darwinFreezer } from '../../../src/system/freezer/darwin.ts'
import type { FrozenProcess } from '../../../src/system/freezer/freezer.ts'
import { darwinProcessDetails } from '../../../src/system/processes/darwin/process-details.ts'
import { darwinProcesses } from '../../../src/system/processes/darwin/process-table.ts'
import { type MirrorInit, mirroredDarwinAddon } from '../../support/platforms/darwin/mirrored-addon.ts'
import { waitFor } from '../../support/wait-for.ts'

/**
 * Real processes, which the test started, are held by signals where macOS would suspend them. Proven is who is held, what follows from
 * each refusal, and in which order; not what the kernel of macOS does.
 */

const AGENT = 'a'.repeat(32)
const OTHER = 'b'.repeat(32)

function freezerOf(init: MirrorInit = {}) {
  const addon = mirroredDarwinAddon(init)
  const processes = darwinProcesses({ addon })
  const details = darwinProcessDetails({ addon })
  const activity = (one: FrozenProcess) => details.activity(one)
  const freezer = darwinFreezer({ addon, processes, activity, kill: (pid, signal) => process.kill(pid, signal) })
  const nameOf = (pid: number): FrozenProcess => {
    const found = processes.identities().find((one) => one.pid === pid)
    if (found === undefined) throw new TypeError(`process ${pid} is not there`)
    return { pid, startTicks: found.startTicks }
  }
  return { freezer, nameOf, addon }
}

/** A shell with a child of its own. */
async function startTree() {
  const child = spawn('/bin/sh', ['-c', 'sleep 300 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(child.stdout, 'data')
  return { child, pid: child.pid ?? 0, grandchild: Number(line) }
}

async function end(child: ChildProcess, ...others: readonly number[]) {
  for (const pid of others) killIfThere(pid)
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
}

function killIfThere(pid: number) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** T is stopped; see proc_pid_stat(5). */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2]
  } catch {
    return undefined
  }
}

const untilState = (pid: number, wanted: string) =>
  waitFor(`state ${wanted} of ${pid}`, () => stateOf(pid), { until: (state) => state === wanted })

test('suspends an agent with its children, and resumes it', async () => {
  const { freezer, nameOf } = freezerOf()
  const { child, pid, grandchild } = await startTree()
  const result = await freezer.freeze([{ agent: AGENT, processes: [nameOf(pid)] }])
  expect(result).toMatchObject({ incomplete: false, oneByOne: false, forksMissed: false })
  expect(result.confirmedMs).toBeGreaterThan(0)
  expect(result.rows.map((row) => [row.pid, row.agent, row.status])).toEqual([
    [pid, AGENT, 'suspend'],
    [grandchild, AGENT, 'suspend'],
  ])
  await untilState(pid, 'T')
  await untilState(grandchild, 'T')
  expect([freezer.held(), freezer.processesOf(AGENT)]).toEqual([[AGENT], [pid, grandchild]])
  expect([freezer.processesOf(OTHER), freezer.admit(AGENT, pid, '')]).toEqual([[], false])
  expect(freezer.stands(AGENT, nameOf(pid))).toBe(true)
  expect(freezer.release(AGENT, result.rows)).toBe(2)
  await untilState(pid, 'S')
  await untilState(grandchild, 'S')
  expect([freezer.held(), freezer.processesOf(AGENT)]).toEqual([[], []])
  await end(child, grandchild)
})

test('a process that is named of another agent belongs to that one', async () => {
  const { freezer, nameOf } = freezerOf()
  const { child, pid, grandchild } = await startTree()
  const { rows } = await freezer.freeze([
    { agent: AGENT, processes: [nameOf(pid)] },
    { agent: OTHER, processes: [nameOf(grandchild)] },
  ])
  expect(rows.map((row) => [row.pid, row.agent])).toEqual([
    [pid, AGENT],
    [grandchild, OTHER],
  ])
  freezer.release(AGENT, rows)
  await end(child, grandchild)
})

test('a process that someone else resumed has run', async () => {
  const { freezer, nameOf, addon } = freezerOf()
  const { child, pid, grandchild } = await startTree()
  const { rows } = await freezer.freeze([{ agent: AGENT, processes: [nameOf(pid)] }])
  await untilState(pid, 'T')
  const before = freezer.stands(AGENT, nameOf(pid))
  addon.resumeProcess(pid)
  await waitFor('that it has run', () => freezer.stands(AGENT, nameOf(pid)), { until: (stands) => !stands })
  expect(before).toBe(true)
  freezer.release(AGENT, rows)
  await end(child, grandchild)
})

test('of what an earlier run stopped it is seen from now on whether it runs', async () => {
  let activity = '1'
  const freezer = darwinFreezer({
    addon: { suspendProcess: () => 0, resumeProcess: () => 0 },
    processes: { identities: () => [] },
    activity: () => activity,
    kill: () => undefined,
  })
  const one = { pid: 7, startTicks: 1 }
  expect([freezer.stands(AGENT, one), freezer.stands(AGENT, one), freezer.held()]).toEqual([true, true, []])
  activity = '2'
  expect(freezer.stands(AGENT, one)).toBe(false)
})

test('what an earlier run suspended stays suspended, and counts as such', async () => {
  const { freezer, nameOf, addon } = freezerOf()
  const { child, pid, grandchild } = await startTree()
  expect(addon.suspendProcess(pid)).toBe(0)
  const { rows } = await freezer.freeze([{ agent: AGENT, processes: [nameOf(pid)] }])
  expect(rows.map(({ status }) => status)).toEqual(['suspend', 'suspend'])
  expect(freezer.release(AGENT, rows)).toBe(2)
  await untilState(pid, 'S')
  await end(child, grandchild)
})

test.each<[string, MirrorInit]>([
  ['refuses to suspend a program of its own', { refusesToSuspend: () => true }],
  ['has no such call', { hasSuspend: false }],
])('where macOS %s, a signal stops it, and nothing confirms that', async (_, init) => {
  const { freezer, nameOf } = freezerOf(init)
  const { child, pid, grandchild } = await startTree()
  const result = await freezer.freeze([{ agent: AGENT, processes: [nameOf(pid)] }])
  expect(result.rows.map(({ status }) => status)).toEqual(['signals', 'signals'])
  expect(result.confirmedMs).toBeUndefined()
  await untilState(pid, 'T')
  expect(freezer.release(AGENT, result.rows)).toBe(2)
  await untilState(pid, 'S')
  await end(child, grandchild)
})

test('a program that takes no signal either is protected', async () => {
  const { nameOf, addon } = freezerOf({ refusesToSuspend: () => true })
  const { child, pid, grandchild } = await startTree()
  const denied = Object.assign(new Error('EPERM'), { code: 'EPERM' })
  const freezer = darwinFreezer({
    addon,
    processes: darwinProcesses({ addon }),
    activity: () => undefined,
    kill() {
      throw denied
    },
  })
  const { rows } = await freezer.freeze([{ agent: AGENT, processes: [nameOf(pid)] }])
  expect(rows.map(({ status }) => status)).toEqual(['protected', 'protected'])
  expect(stateOf(pid)).toBe('S')
  await end(child, grandchild)
})

test('killing ends suspended processes', async () => {
  const { freezer, nameOf } = freezerOf()
  const { child, pid, grandchild } = await startTree()
  const { rows } = await freezer.freeze([{ agent: AGENT, processes: [nameOf(pid)] }])
  const closed = once(child, 'close')
  freezer.kill(AGENT, rows)
  await closed
  expect(child.signalCode).toBe('SIGKILL')
  await waitFor('the end of the grandchild', () => stateOf(grandchild), {
    until: (state) => state === undefined || state === 'Z',
  })
})

test('processes that have ended, and pids of others by now, are left alone', async () => {
  const { freezer, nameOf } = freezerOf()
  const { child, pid, grandchild } = await startTree()
  const gone = { pid: 2 ** 22 + 1, startTicks: 1 }
  const reused = { ...nameOf(pid), startTicks: 1 }
  const { rows, incomplete } = await freezer.freeze([{ agent: AGENT, processes: [gone, reused] }])
  expect(rows.map(({ status }) => status)).toEqual(['ended', 'ended'])
  expect(incomplete).toBe(false)
  expect(stateOf(pid)).toBe('S')
  expect(freezer.release(AGENT, [gone, reused])).toBe(0)
  freezer.kill(AGENT, [gone, reused])
  expect(stateOf(pid)).toBe('S')
  await end(child, grandchild)
})

test('children that appear while their agent is being stopped are stopped as well', async () => {
  const { addon } = freezerOf()
  const started = { pid: 100, startTicks: 1, parentPid: 1 }
  const suspended: number[] = []
  let passes = 0
  const freezer = darwinFreezer({
    addon: {
      ...addon,
      suspendProcess(pid) {
        suspended.push(pid)
        return 0
      },
    },
    processes: {
      identities() {
        passes++
        const children = Array.from({ length: Math.min(passes, 4) }, (_, at) => ({
          pid: 101 + at,
          startTicks: 2 + at,
          parentPid: 100 + at,
        }))
        return [started, ...children]
      },
    },
    activity: () => undefined,
    kill: () => undefined,
  })
  const result = await freezer.freeze([{ agent: AGENT, processes: [started] }])
  expect(suspended).toEqual([100, 101, 102, 103, 104])
  expect(result.incomplete).toBe(false)
})

test('an agent that starts ever more is stopped in part, and that is said', async () => {
  let last = 100
  const freezer = darwinFreezer({
    addon: { suspendProcess: () => 0, resumeProcess: () => 0 },
    processes: {
      identities() {
        last++
        return Array.from({ length: last - 100 }, (_, at) => ({
          pid: 101 + at,
          startTicks: 101 + at,
          parentPid: 100 + at,
        }))
      },
    },
    activity: () => undefined,
    kill: () => undefined,
  })
  const result = await freezer.freeze([{ agent: AGENT, processes: [{ pid: 101, startTicks: 101 }] }])
  expect(result.incomplete).toBe(true)
  expect(result.rows.length).toBeGreaterThan(1)
})

test('a list that cannot be read fails its freeze, and not the next one', async () => {
  let fails = true
  const freezer = darwinFreezer({
    addon: { suspendProcess: () => 0, resumeProcess: () => 0 },
    processes: {
      identities() {
        if (fails) throw new Error('no list')
        return [{ pid: 7, startTicks: 1, parentPid: 1 }]
      },
    },
    activity: () => undefined,
    kill: () => undefined,
  })
  const agents = [{ agent: AGENT, processes: [{ pid: 7, startTicks: 1 }] }]
  await expect(freezer.freeze(agents)).rejects.toThrow('no list')
  fails = false
  expect((await freezer.freeze(agents)).rows).toHaveLength(1)
  await expect(freezer.freeze(Array(257).fill(agents[0]))).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
})
