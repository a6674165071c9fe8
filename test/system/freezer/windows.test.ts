import { getPriority } from 'node:os'
import { type WindowsFreezeAddon, windowsFreezer } from '../../../src/system/freezer/windows.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { SILENT_WINDOWS_PROCESSES } from '../../support/platforms/silent-windows-addon.ts'

/** What the freezer makes of the answers of its addon. What the addon does is tried under Wine. */

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const SUSPENDED = 7
const ENDED = 3
const NOT_MOVED = 4
const PROTECTED = 5

type Freeze = WindowsFreezeAddon['freezeProcesses']

/** Answers a freeze with these rows: a pid, a start, the number of an agent and a status. */
function answering(rows: readonly (readonly number[])[], flags = 0, tookUs = 1_500): Freeze {
  return (_freezer, _agents, _targets, room, callback) => {
    room.set(rows.flat())
    setImmediate(() => callback(rows.length, flags, tookUs))
  }
}

function freezerOf(change: Partial<WindowsFreezeAddon>) {
  return windowsFreezer({ addon: { ...SILENT_WINDOWS_PROCESSES, ...change } })
}

const processes = [{ pid: 8, startTicks: 80 }]

test('rows, time and agents of a freeze are those of the addon', async () => {
  const asked: unknown[] = []
  const rows = [
    [8, 80, 1, SUSPENDED],
    [12, 120, 1, ENDED],
    [16, 160, 2, NOT_MOVED],
    [20, 200, 2, PROTECTED],
    [24, 240, 2, 99],
  ]
  const freezer = freezerOf({
    freezeProcesses(freezerOfAddon, agents, targets, room, callback) {
      asked.push([...agents], [...targets])
      answering(rows)(freezerOfAddon, agents, targets, room, callback)
    },
  })
  const result = await freezer.freeze([
    { agent: A, processes },
    { agent: B, processes: [{ pid: 16, startTicks: 160 }] },
  ])
  expect(asked).toEqual([
    [1, 2],
    [8, 80, 1, 16, 160, 2],
  ])
  expect(result).toEqual({
    rows: [
      { pid: 8, startTicks: 80, agent: A, status: 'suspend' },
      { pid: 12, startTicks: 120, agent: A, status: 'ended' },
      { pid: 16, startTicks: 160, agent: B, status: 'not-moved' },
      { pid: 20, startTicks: 200, agent: B, status: 'protected' },
      { pid: 24, startTicks: 240, agent: B, status: 'not-moved' },
    ],
    confirmedMs: 1.5,
    pausedMs: 0,
    oneByOne: false,
    forksMissed: false,
    incomplete: false,
  })
  expect([freezer.method, freezer.knowsForks]).toEqual(['suspend', false])
})

test.each<[string, number, object]>([
  ['something appeared until the end', 1, { confirmedMs: undefined, incomplete: true, forksMissed: false }],
  ['the list of processes could not be had', 2, { confirmedMs: 1.5, incomplete: false, forksMissed: true }],
  ['there were too many processes', 4, { confirmedMs: 1.5, incomplete: true, forksMissed: false }],
])('it is said when %s', async (_, flags, expected) => {
  const freezer = freezerOf({ freezeProcesses: answering([], flags) })
  expect(await freezer.freeze([{ agent: A, processes }])).toMatchObject(expected)
})

test('more processes than there is room for are said, and more agents are refused', async () => {
  const freezer = freezerOf({ freezeProcesses: answering([]) })
  const many = Array.from({ length: 8_193 }, (_, at) => ({ pid: at + 8, startTicks: 1 }))
  expect(await freezer.freeze([{ agent: A, processes: many }])).toMatchObject({ incomplete: true })
  const agents = Array.from({ length: 257 }, (_, at) => ({ agent: at.toString(16).padStart(32, '0'), processes: [] }))
  await expect(freezer.freeze(agents)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
})

test('freezes are carried out one after the other, also after one that failed', async () => {
  const order: string[] = []
  let isFirst = true
  const freezer = freezerOf({
    freezeProcesses(freezerOfAddon, agents, targets, room, callback) {
      order.push(`begin ${agents[0]}`)
      if (isFirst) {
        isFirst = false
        throw new TypeError('no memory')
      }
      answering([])(freezerOfAddon, agents, targets, room, (...answer) => {
        order.push(`end ${agents[0]}`)
        callback(...answer)
      })
    },
  })
  const [first, second, third] = [A, B, A].map((agent) => freezer.freeze([{ agent, processes }]))
  await expect(first).rejects.toThrow('no memory')
  await Promise.all([second, third])
  expect(order).toEqual(['begin 1', 'begin 2', 'end 2', 'begin 1', 'end 1'])
})

test('an agent keeps its number, and nothing belongs to no agent', () => {
  const owned: number[][] = []
  const calls: unknown[] = []
  const freezer = freezerOf({
    freezeOwn: (_, members) => void owned.push([...members]),
    freezeMembers(_, agent, pids) {
      if (agent !== 1) return 0
      pids.set([8, 12])
      return 2
    },
    freezeStands(_, agent, pid, started) {
      calls.push(['stands', agent, pid, started])
      return pid === 8
    },
    freezeRelease(_, agent, stopped) {
      calls.push(['release', agent, [...stopped]])
      return 2
    },
    freezeKill(_, agent, stopped) {
      calls.push(['kill', agent, [...stopped]])
      return 1
    },
  })
  expect([freezer.processesOf(A), freezer.held()]).toEqual([[], []])
  freezer.own([
    { pid: 8, agent: A },
    { pid: 16, agent: B },
    { pid: 20, agent: '' },
  ])
  freezer.own([{ pid: 12, agent: A }])
  expect(owned).toEqual([
    [8, 1, 16, 2, 20, 0],
    [12, 1],
  ])
  expect([freezer.processesOf(A), freezer.processesOf(B), freezer.held()]).toEqual([[8, 12], [], [A]])
  expect(freezer.stands(A, { pid: 8, startTicks: 80 })).toBe(true)
  expect(freezer.stands(B, { pid: 9, startTicks: 80 })).toBe(false)
  expect(freezer.release(B, processes)).toBe(2)
  freezer.kill(A, [])
  expect(calls).toEqual([
    ['stands', 1, 8, 80],
    ['stands', 2, 9, 80],
    ['release', 2, [8, 80]],
    ['kill', 1, []],
  ])
  expect(freezer.admit(A, 8, '')).toBe(false)
})

test('an addon without a thread is not available', () => {
  const freezeOpen = () => {
    throw new Error('error 8')
  }
  expect(codeOfCall(() => freezerOf({ freezeOpen }))).toBe('ADDON_UNAVAILABLE')
})

test('hurrying ends when both who asked are done', () => {
  const before = getPriority()
  const freezer = freezerOf({})
  const [one, other] = [freezer.hurry(), freezer.hurry()]
  one[Symbol.dispose]()
  one[Symbol.dispose]()
  other[Symbol.dispose]()
  expect(getPriority()).toBe(before)
})
