import fc from 'fast-check'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { world } from './kernel-by-hand.ts'

test('corrects missed events with a full scan: start, other program, end, reused pid', () => {
  const { kernel, recordOf, memory } = world()
  kernel.run(1, 10, 'claude')
  kernel.run(1, 11, 'claude')
  kernel.run(1, 12, 'claude')
  kernel.fork(1, 13, false)
  kernel.exec(13, 'started', [], {}, false)
  kernel.exec(10, 'claude', ['again'], {}, false)
  kernel.exit(11, false)
  kernel.exit(12, false)
  kernel.fork(1, 12, false)
  kernel.exec(12, 'claude', ['another'], {}, false)
  expect(recordOf(10)?.argv).toEqual(['/usr/bin/claude', 'again'])
  expect(recordOf(12)).toEqual(expect.objectContaining({ argv: ['/usr/bin/claude', 'another'], startTicks: 5 }))
  expect(recordOf(13)?.executable).toBe('/usr/bin/started')
  expect(memory.size).toEqual({ live: 3, ended: 0 })
})

test('keeps a process that started during a scan that missed it', () => {
  const { kernel, memory, recordOf, look } = world()
  look()
  kernel.run(1, 10, 'claude', ['--yolo'])
  memory.records([])
  expect(memory.size.live).toBe(1)
  expect(recordOf(10)?.argv).toEqual(['/usr/bin/claude', '--yolo'])
  memory.records([])
  expect(memory.size.live).toBe(0)
})

test('prefers a pending event to what a scan read during the start', () => {
  const { kernel, memory, look, table, tell } = world({ lazy: true })
  kernel.run(1, 1, 'init')
  look()
  look()
  memory.beginScan()
  memory.beginFullScan()
  kernel.fork(1, 10, false)
  const read = [...table.values()]
  tell([{ kind: 'fork', pid: 10, parentPid: 1 }])
  expect(memory.records(read).find(({ pid }) => pid === 10)?.forkedBy?.pid).toBe(1)
  expect(memory.isConsistent).toBe(true)
})

test('reads a program once without events, and keeps the data of the first scan', () => {
  const { kernel, table, recordOf, state, memory } = world({ following: false })
  kernel.fork(1, 10)
  kernel.exec(10, 'claude', ['--yolo'])
  expect(recordOf(10)).toEqual(expect.objectContaining({ argv: ['/usr/bin/claude', '--yolo'] }))
  expect(recordOf(10)).not.toHaveProperty('atExec')
  const running = table.get(10)
  if (running !== undefined) table.set(10, { ...running, argv: ['nothing to see'] })
  expect(recordOf(10)?.argv).toEqual(['/usr/bin/claude', '--yolo'])
  expect(state.reads).toBe(1)
  kernel.exec(10, 'claude', ['--ask'])
  expect(recordOf(10)?.argv).toEqual(['/usr/bin/claude', '--ask'])
  kernel.exit(10)
  expect(recordOf(10)).toBeUndefined()
  expect(memory.size).toEqual({ live: 0, ended: 0 })
})

describe('the list of processes without a scan', () => {
  test('is known after the first scan, and equals a scan', () => {
    const { kernel, memory, look } = world()
    kernel.run(1, 1, 'init')
    kernel.run(1, 10, 'claude')
    expect(memory.current()).toBeUndefined()
    look()
    kernel.run(10, 11, 'sh')
    kernel.fork(11, 12)
    kernel.exit(11)
    kernel.run(1, 13, 'ls')
    kernel.exit(13)
    const current = memory.current()
    expect(current?.map(({ pid, parentPid, startTicks }) => [pid, parentPid, startTicks])).toEqual([
      [1, 1, 1],
      [10, 1, 2],
      [12, 1, 4],
    ])
    expect(look()).toEqual(current)
  })

  test('is unknown after lost events until the next scan, also if lost during it', () => {
    const { kernel, memory, look, lose, table } = world()
    kernel.run(1, 1, 'init')
    look()
    lose()
    expect(memory.current()).toBeUndefined()
    look()
    expect(memory.current()).toHaveLength(1)
    memory.beginFullScan()
    lose()
    memory.records([...table.values()])
    expect(memory.current()).toBeUndefined()
  })

  test('is unknown without events, and after the watch has ended', () => {
    const still = world({ following: false })
    still.look()
    expect(still.memory.current()).toBeUndefined()
    const { following, memory, look, state } = world()
    look()
    following?.[Symbol.dispose]()
    expect(state.ended).toBe(1)
    expect(memory.current()).toBeUndefined()
    look()
    expect(memory.current()).toBeUndefined()
  })

  test('is unknown while file descriptors are short', () => {
    const { kernel, memory, look, state } = world()
    kernel.run(1, 1, 'init')
    look()
    kernel.fork(1, 10)
    state.short = true
    expect(memory.current()).toBeUndefined()
  })
})

describe('changes since a scan', () => {
  test('end once all new processes ended, and last if one forked, changed or outlived it', () => {
    const { kernel, memory, look } = world()
    kernel.run(1, 1, 'init')
    expect(memory.changes()).toBeUndefined()
    look()
    const before = memory.beginScan()
    expect(before?.lasting).toEqual(expect.any(Number))
    kernel.run(1, 10, 'make')
    expect(memory.changes()?.lasting).toBeUndefined()
    kernel.run(10, 11, 'cc')
    kernel.exit(10)
    expect(memory.changes()?.lasting).toBeUndefined()
    kernel.exit(11)
    expect(memory.changes()).toEqual({ lasting: before?.lasting, total: expect.any(Number) })
    expect(memory.changes()?.total).not.toBe(before?.total)
  })

  test.each<[string, (kernel: ReturnType<typeof world>['kernel']) => void]>([
    ['the end of what a look saw', (kernel) => kernel.exit(10)],
    ['another program in it', (kernel) => kernel.exec(10, 'bash')],
    ['a session of its own', (kernel) => kernel.setsid(10)],
    [
      'a child of it that began a program as agents start their tools, though it is over',
      (kernel) => {
        kernel.fork(10, 11)
        kernel.setsid(11)
        kernel.exec(11, 'ls')
        kernel.exit(11)
      },
    ],
  ])('leaves something by %s', (_, happens) => {
    const { kernel, memory, look } = world()
    kernel.run(1, 10, 'sh')
    look()
    const before = memory.beginScan()
    memory.current()
    happens(kernel)
    expect(memory.changes()?.lasting).toEqual(expect.any(Number))
    expect(memory.changes()?.lasting).not.toBe(before?.lasting)
  })

  test('last for an unannounced process that is read because it forked', () => {
    const { kernel, memory, look } = world()
    look()
    memory.beginScan()
    memory.current()
    kernel.fork(1, 10, false)
    kernel.fork(10, 11)
    kernel.exit(11)
    expect(memory.changes()?.lasting).toBeUndefined()
  })

  test('are unknown after a listener has thrown, until the next full scan', () => {
    const { kernel, memory, look, state } = world()
    look()
    state.throws = true
    expect(() => kernel.run(1, 10, 'claude')).toThrow('thrown')
    state.throws = false
    expect([memory.changes(), memory.current()]).toEqual([undefined, undefined])
    look()
    expect(memory.current()).toHaveLength(1)
  })

  test('last when a process ends during the scan that saw it', () => {
    const { kernel, memory, look } = world()
    look()
    const before = memory.beginScan()
    kernel.run(1, 10, 'sh')
    expect(memory.current()).toHaveLength(1)
    kernel.exit(10)
    expect(memory.changes()?.lasting).not.toBe(before?.lasting)
  })

  test.each([false, true])('keeps nothing but what another look finds too (unwatched processes wait: %s)', (lazy) => {
    const pid = fc.integer({ min: 2, max: 7 })
    const step = fc.record({ act: fc.constantFrom('fork', 'exec', 'exit', 'setsid', 'look'), pid, other: pid })
    let settled = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
        const { kernel, table, memory, look } = world({ lazy })
        kernel.run(1, 1, 'init')
        look()
        let before = memory.beginScan()
        let found = memory.current()?.map(told)
        for (const { act, pid: one, other } of steps) {
          if (act === 'fork' && !table.has(one)) kernel.fork(table.has(other) ? other : 1, one)
          if (act === 'exec' && table.has(one)) kernel.exec(one, other % 3 === 0 ? 'claude' : 'sh')
          if (act === 'exit' && table.has(one)) kernel.exit(one)
          if (act === 'setsid' && table.has(one)) kernel.setsid(one)
          if (act !== 'look') continue
          const same = memory.changes()?.lasting === before?.lasting
          before = memory.beginScan()
          const now = memory.current()?.map(told)
          if (same) expect(now).toEqual(found)
          if (same) settled++
          found = now
        }
      }),
      { numRuns: 300 },
    )
    expect(settled).toBeGreaterThan(300)
  })
})

/** All that a look goes by. */
function told({
  pid,
  parentPid,
  startTicks,
  sessionId,
  executable,
  argv,
  ownSessionChildren,
  forkedBy,
}: ProcessRecord) {
  return [pid, parentPid, startTicks, sessionId, executable, argv.length, ownSessionChildren, forkedBy?.pid]
}

test('watches only agents, processes below them and session leaders without terminal', () => {
  const { kernel, watched, look } = world()
  look()
  kernel.run(1, 10, 'sh')
  kernel.run(1, 11, 'claude')
  kernel.run(11, 12, 'sh')
  kernel.fork(1, 13)
  kernel.setsid(13)
  kernel.exec(13, 'cron')
  expect(new Set(watched.map(String))).toEqual(new Set(['11,true', '12,true', '13,false']))
})

test('watches agents that ran before the subscription or that a new catalogue knows', () => {
  const { kernel, watched, look, memory } = world()
  kernel.run(1, 10, 'claude')
  watched.length = 0
  look()
  memory.recheck()
  expect(watched).toEqual([[10, true]])
})
