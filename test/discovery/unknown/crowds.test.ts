import { roundRobin } from '../../../src/discovery/scheduling/round-robin.ts'
import { ProgramNotes } from '../../../src/discovery/unknown/program-notes.ts'
import { asTool, look, NODE, SHELL, seen } from './behaviour-world.ts'

/** Nobody hides an agent behind programs that look like one. */

const MARKED = { environmentNames: ['HOME', 'AI_AGENT'] }
const crowd = (count: number, userId: string) =>
  Array.from({ length: count }, (_, at) => [
    seen(1000 + 2 * at, NODE, ['node', `/home/mallory/decoy-${at}/index.js`], { userId, parentPid: 1 }),
    seen(1001 + 2 * at, '/usr/bin/bash', ['bash', '-c', 'true'], {
      ...asTool(1001 + 2 * at, 1000 + 2 * at),
      ...MARKED,
      userId,
    }),
  ]).flat()
const AGENT = seen(9000, NODE, ['node', '/home/alice/robo/index.js'])
const TOOL = seen(9001, '/usr/bin/bash', ['bash', '-c', 'true'], { ...asTool(9001, 9000), ...MARKED })

test.each([31, 32, 300, 600])('reports an agent beside %d others that another user runs', async (count) => {
  const found = await look([SHELL, ...crowd(count, '1001'), AGENT, TOOL])
  expect(found.map(({ name }) => name)).toContain('robo')
  expect(found).toHaveLength(32)
})

const owned = (pid: number, userId: string) => ({ pid, startTicks: pid * 10, userId })

describe('what is noted of programs', () => {
  test('is not forgotten for what others run', () => {
    const notes = new ProgramNotes<string>()
    notes.set(owned(1, '1000'), 'of alice')
    for (let pid = 2; pid < 1000; pid++) notes.set(owned(pid, '1001'), 'of mallory')
    expect(notes.of(owned(1, '1000'))).toBe('of alice')
    expect(notes.size).toBe(64)
    expect(notes.of(owned(999, '1001'))).toBe('of mallory')
    expect(notes.of(owned(2, '1001'))).toBeUndefined()
  })

  test('makes room where there is one person, for what was noted last', () => {
    const notes = new ProgramNotes<number>()
    for (let pid = 1; pid <= 64; pid++) notes.set(owned(pid, '1000'), pid)
    notes.set(owned(1, '1000'), 1)
    notes.set(owned(65, '1000'), 65)
    expect([1, 2, 3, 65].map((pid) => notes.of(owned(pid, '1000')))).toEqual([1, undefined, 3, 65])
  })

  test('is not of another process with its pid, and ends with it', () => {
    const notes = new ProgramNotes<string>()
    notes.set(owned(1, '1000'), 'x')
    expect(notes.of({ pid: 1, startTicks: 11 })).toBeUndefined()
    notes.keep(() => false)
    expect([notes.of(owned(1, '1000')), notes.pids]).toEqual([undefined, []])
  })
})

test('each owner has its turn, in its own order', () => {
  const sorted = ['a1', 'a2', 'a3', 'b1', 'a4', 'c1']
  const owner = (one: string) => one.charCodeAt(0)
  expect(roundRobin(sorted, 4, owner)).toEqual(['a1', 'b1', 'c1', 'a2'])
  expect(roundRobin(sorted, 100, owner).toSorted()).toEqual(sorted.toSorted())
  expect([roundRobin(sorted, 0, owner), roundRobin([], 3, owner)]).toEqual([[], []])
})
