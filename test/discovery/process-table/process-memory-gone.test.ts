import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import type { ProcessEntry } from '../../../src/system/processes/process-table.ts'
import { world } from './kernel-by-hand.ts'

/**
 * Where the machine is busy a program is gone before anybody could look at it, and looks at all processes take time: what is known
 * of others must not suffer from that.
 */

const programs = (records: readonly ProcessRecord[] | undefined) =>
  records?.map(({ pid, executable }) => `${pid} ${executable?.slice(9)}`)

/** A terminal's server: 20 ran its program and was gone at once, and 21, which it had forked, goes on. */
function leftBehind(executable?: string) {
  const all = world()
  const { kernel, tell } = all
  kernel.run(1, 10, 'sh')
  all.look()
  kernel.fork(10, 20)
  kernel.exec(20, 'tmux', [], {}, false)
  tell([{ kind: 'exec', pid: 20, process: 'gone', ...(executable === undefined ? {} : { executable }) }])
  kernel.fork(20, 21)
  kernel.exit(20)
  all.changes.length = 0
  return all
}

test.each([
  ['whose program nobody knows', undefined],
  ['whose program is known', '/usr/bin/tmux'],
])('an agent is found below what one that was gone at once left behind, %s', (_, executable) => {
  const { kernel, changes, memory, recordOf } = leftBehind(executable)
  kernel.run(21, 22, 'bash')
  kernel.run(22, 23, 'claude', ['--yolo'])
  expect(changes).toEqual(['started'])
  const current = ['10 sh', '21 tmux', '22 bash', '23 claude']
  expect(programs(memory.current())?.sort()).toEqual(current)
  expect(recordOf(23)).toMatchObject({ argv: ['/usr/bin/claude', '--yolo'], startTicks: 5 })
  expect(recordOf(23)?.forkedBy?.forkedBy?.forkedBy?.pid).toBe(20)
})

test.each([undefined, '/usr/bin/tmux'])(
  'reads what it left behind for what it is, with its program reported as %s',
  (executable) => {
    const commands = (records: readonly ProcessRecord[] | undefined) => records?.map(({ argv }) => argv[0]).sort()
    const there = ['/usr/bin/sh', '/usr/bin/tmux']
    expect(commands(leftBehind(executable).memory.current())).toEqual(there)
    const byLook = leftBehind(executable)
    expect(commands(byLook.look())).toEqual(there)
    expect(commands(byLook.memory.current())).toEqual(there)
  },
)

test('one that was said to be gone and is there is read', () => {
  const { kernel, tell, memory, look } = world()
  kernel.run(0, 10, 'sh')
  kernel.run(10, 11, 'sh')
  look()
  kernel.exec(11, 'claude', [], {}, false)
  tell([{ kind: 'exec', pid: 11, process: 'gone' }])
  expect(programs(memory.current())).toEqual(['10 sh', '11 claude'])
  expect(programs(look())).toEqual(['10 sh', '11 claude'])
})

test('an agent has begun that is the program of its parent, with equal stacks', () => {
  const { kernel, table, changes, tell } = world()
  kernel.run(1, 10, 'sh')
  kernel.fork(10, 11)
  const [shell, child] = [table.get(10), table.get(11)]
  if (shell === undefined || child === undefined) throw new TypeError('they run')
  table.set(11, {
    ...child,
    executable: '/usr/bin/claude',
    argv: ['/usr/bin/claude'],
    stackStart: shell.stackStart ?? 0,
  })
  tell([{ kind: 'exec', pid: 11 }])
  expect(changes).toEqual(['started'])
})

test.each<[string, Partial<ProcessEntry>]>([
  ['whose arguments did not come in time', { argv: [], argumentsUnread: true }],
  ['whose program was not told', { executable: undefined }],
])('one %s is read again until they do, by events and by looks', (_, unread) => {
  for (const byLook of [false, true]) {
    const { kernel, table, tell, memory, look, recordOf } = world()
    kernel.run(1, 10, 'sh')
    kernel.fork(10, 11)
    kernel.exec(11, 'claude', ['--yolo'], {}, false)
    const whole = table.get(11)
    if (whole === undefined) throw new TypeError('it runs')
    table.set(11, { ...whole, ...unread })
    tell([{ kind: 'exec', pid: 11 }])
    look()
    look()
    const seen = () => {
      memory.beginScan()
      return (byLook ? look() : memory.current())?.find(({ pid }) => pid === 11)
    }
    expect(seen()).toMatchObject(unread)
    // Until it is read each look has something to find.
    if (unread.argumentsUnread === true && !byLook) expect(memory.changes()?.lasting).toBeUndefined()
    table.set(11, whole)
    const well = byLook || unread.argumentsUnread === true ? seen() : recordOf(11)
    expect(well).toMatchObject({ executable: '/usr/bin/claude', argv: ['/usr/bin/claude', '--yolo'] })
    expect(well?.forkedBy?.pid).toBe(10)
    expect(well).not.toHaveProperty('argumentsUnread')
    seen()
    expect(memory.changes()?.lasting).toEqual(expect.any(Number))
  }
})

test('does not let data read before an exec replace the new program', () => {
  const { kernel, table, memory, changes, look } = world()
  const readAll = () => {
    memory.beginScan()
    memory.beginFullScan()
    return [...table.values()].map(({ environment: _, ...entry }) => entry)
  }
  kernel.run(1, 10, 'sh')
  look()
  kernel.fork(10, 11)
  const read = readAll()
  kernel.exec(11, 'claude')
  kernel.run(10, 12, 'make')
  expect(programs(memory.records(read))).toEqual(['10 sh', '11 claude'])
  expect(programs(memory.current())).toEqual(['10 sh', '11 claude', '12 make'])
  expect([memory.isConsistent, changes]).toEqual([true, ['started']])
  // Its number was given to others meanwhile.
  for (const become of [() => kernel.run(10, 11, 'make'), () => kernel.fork(10, 11)]) {
    const before = readAll()
    kernel.exit(11)
    become()
    const ticks = table.get(11)?.startTicks
    expect(memory.records(before).find(({ pid }) => pid === 11)?.startTicks).toBe(ticks)
    expect(memory.current()?.find(({ pid }) => pid === 11)?.startTicks).toBe(ticks)
  }
})
