import { world } from './kernel-by-hand.ts'

test('a look mends what was missed: a start, another program, an end, a pid that is used again', () => {
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

test('what began while a look was under way is kept, though the look does not show it', () => {
  const { kernel, memory, recordOf, look } = world()
  look()
  kernel.run(1, 10, 'claude', ['--yolo'])
  memory.records([])
  expect(memory.size.live).toBe(1)
  expect(recordOf(10)?.argv).toEqual(['/usr/bin/claude', '--yolo'])
  memory.records([])
  expect(memory.size.live).toBe(0)
})

test('without events, what the first look found is kept while the same program runs, and read once', () => {
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

describe('what is there without a look', () => {
  test('is known from the first look on, and is what a look would show', () => {
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

  test('is not known after something was lost, until the next look; nor when it was lost during that', () => {
    const { kernel, memory, look, lose, table } = world()
    kernel.run(1, 1, 'init')
    look()
    lose()
    expect(memory.current()).toBeUndefined()
    look()
    expect(memory.current()).toHaveLength(1)
    memory.looking()
    lose()
    memory.records([...table.values()])
    expect(memory.current()).toBeUndefined()
  })

  test('is not known without events, and after the watch has ended', () => {
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

  test('is not known while descriptors are wanting', () => {
    const { kernel, memory, look, state } = world()
    kernel.run(1, 1, 'init')
    look()
    kernel.fork(1, 10)
    state.short = true
    expect(memory.current()).toBeUndefined()
  })
})
