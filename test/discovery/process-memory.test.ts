import fc from 'fast-check'
import { type ProcessChange, ProcessMemory } from '../../src/discovery/process-memory.ts'
import type { ProcessRecord } from '../../src/discovery/process-record.ts'
import type { ProcessEvent, ProcessEvents } from '../../src/system/process-events.ts'
import type { ProcessEntry } from '../../src/system/process-table.ts'

interface Running extends ProcessEntry {
  readonly environment: Readonly<Record<string, string>>
}

const SESSION_VARIABLES = new Set(['CODEX_THREAD_ID'])

/** A kernel that the test moves by hand, and a memory that follows it; `claude` is an agent. */
function world(init: { readonly following?: boolean } = {}) {
  const table = new Map<number, Running>()
  const state = { ticks: 0, stack: 0, reads: 0, short: false, ended: 0 }
  let tell: (events: ProcessEvents) => void = () => undefined
  const changes: ProcessChange[] = []
  const memory = new ProcessMemory(
    {
      processes: {
        entry(pid) {
          if (state.short) throw new Error('EMFILE')
          const running = table.get(pid)
          if (running === undefined) return undefined
          const { environment: _, ...entry } = running
          return entry
        },
        surroundings(pid, variables) {
          state.reads++
          const running = table.get(pid)
          if (running === undefined) return undefined
          const { environment, startTicks } = running
          const markers = Object.entries(environment).filter(([name]) => variables.has(name))
          return {
            startTicks,
            environmentNames: Object.keys(environment),
            sessionMarkers: Object.fromEntries(markers),
            workingFolder: `/work/${pid}`,
          }
        },
      },
    },
    {
      isAgent: ({ executable }) => executable?.endsWith('/claude') === true,
      sessionVariables: SESSION_VARIABLES,
    },
  )
  const events = {
    watch(_: readonly ProcessEvent['kind'][], onEvents: typeof tell) {
      tell = onEvents
      return { [Symbol.dispose]: () => void state.ended++ }
    },
  }
  const following = init.following === false ? undefined : memory.follow(events, (change) => changes.push(change))
  const kernel = {
    fork(parentPid: number, pid: number, told = true) {
      const parent = table.get(parentPid)
      const place = { uid: 1000, sessionId: 1, ttyNumber: 3 }
      const from = {
        ...(parent ?? { ...programOf('init', [], {}), ...place }),
        pid,
        parentPid,
        startTicks: ++state.ticks,
      }
      table.set(pid, from)
      if (told) tell({ events: [{ kind: 'fork', pid, parentPid }], lost: false })
    },
    exec(pid: number, program: string, args: readonly string[] = [], environment = {}, told = true) {
      const before = table.get(pid)
      if (before === undefined) throw new TypeError('no such process')
      table.set(pid, { ...before, ...programOf(program, args, environment), stackStart: ++state.stack })
      if (told) tell({ events: [{ kind: 'exec', pid }], lost: false })
    },
    setsid(pid: number) {
      const before = table.get(pid)
      if (before !== undefined) table.set(pid, { ...before, sessionId: pid, ttyNumber: 0 })
      tell({ events: [{ kind: 'session', pid }], lost: false })
    },
    exit(pid: number, told = true) {
      table.delete(pid)
      for (const [child, running] of table)
        if (running.parentPid === pid) table.set(child, { ...running, parentPid: 1 })
      if (told) tell({ events: [{ kind: 'exit', pid }], lost: false })
    },
    /** Forks and executes. */
    run(parentPid: number, pid: number, program: string, args: readonly string[] = [], environment = {}) {
      kernel.fork(parentPid, pid)
      kernel.exec(pid, program, args, environment)
    },
  }
  const look = () => {
    memory.looking()
    return memory.records([...table.values()].map(({ environment: _, ...entry }) => entry))
  }
  const recordOf = (pid: number) => look().find((record) => record.pid === pid)
  return {
    ...{ table, state, changes, memory, kernel, look, recordOf, following },
    lose: () => tell({ events: [], lost: true }),
    tell: (list: readonly ProcessEvent[]) => tell({ events: list, lost: false }),
  }
}

function programOf(name: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const executable = `/usr/bin/${name}`
  return { comm: name, executable, argv: [executable, ...args], environment }
}

function lineOf(record: ProcessRecord | undefined): string[] {
  const line: string[] = []
  for (let at = record; at !== undefined; at = at.forkedBy) line.push(`${at.pid} ${at.executable?.slice(9)}`)
  return line
}

test('a process is told as it was when it started, though it overwrites its command line', () => {
  const { kernel, table, recordOf } = world()
  kernel.run(1, 10, 'claude', ['--yolo'], { CODEX_THREAD_ID: 't-1', TOKEN: 'hush' })
  const running = table.get(10)
  if (running !== undefined) table.set(10, { ...running, argv: ['nothing to see'], comm: 'vi', parentPid: 7 })
  const { forkedBy: _, ...record } = recordOf(10) ?? {}
  expect(record).toEqual(
    expect.objectContaining({
      ...{ pid: 10, parentPid: 7, startTicks: 1, uid: 1000, executable: '/usr/bin/claude' },
      argv: ['/usr/bin/claude', '--yolo'],
      environmentNames: ['CODEX_THREAD_ID', 'TOKEN'],
      sessionMarkers: { CODEX_THREAD_ID: 't-1' },
      workingFolder: '/work/10',
      atExec: { parentPid: 1, sessionId: 1, ttyNumber: 3 },
    }),
  )
  expect(JSON.stringify(record)).not.toContain('hush')
})

test('a fork is what its parent is, until it runs a program of its own', () => {
  const { kernel, recordOf } = world()
  kernel.run(1, 10, 'claude', ['--yolo'], { TOKEN: '1' })
  kernel.fork(10, 11)
  expect(recordOf(11)).toEqual(expect.objectContaining({ argv: ['/usr/bin/claude', '--yolo'], startTicks: 2 }))
  kernel.exec(11, 'bash')
  expect(recordOf(11)).toEqual(expect.objectContaining({ argv: ['/usr/bin/bash'], startTicks: 2 }))
  expect(lineOf(recordOf(11))).toEqual(['11 bash', '10 claude'])
})

test('whoever forked a process is told after it has ended, and after it became another program', () => {
  const { kernel, recordOf, memory } = world()
  kernel.run(1, 10, 'claude')
  kernel.run(10, 11, 'sh')
  kernel.run(11, 12, 'daemon')
  kernel.exec(10, 'less')
  kernel.exit(11)
  kernel.exit(10)
  expect(recordOf(12)).toEqual(expect.objectContaining({ parentPid: 1 }))
  expect(lineOf(recordOf(12))).toEqual(['12 daemon', '11 sh', '10 claude'])
  expect(recordOf(12)?.forkedBy?.ended).toBe(true)
  kernel.exit(12)
  expect(memory.size).toEqual({ live: 0, ended: 0 })
})

test('a session of its own is known before any look, and at the start of a program', () => {
  const { kernel, look } = world()
  kernel.run(1, 10, 'claude')
  kernel.fork(10, 11)
  kernel.setsid(11)
  kernel.exec(11, 'bash')
  kernel.setsid(10)
  expect(look().map(({ pid, sessionId, ttyNumber, atExec }) => [pid, sessionId, ttyNumber, atExec])).toEqual([
    [10, 10, 0, { parentPid: 1, sessionId: 1, ttyNumber: 3 }],
    [11, 11, 0, { parentPid: 10, sessionId: 11, ttyNumber: 0 }],
  ])
})

test('an agent that starts and ends is told, and what runs below it; anything else is not', () => {
  const { kernel, changes } = world()
  kernel.run(1, 9, 'ls')
  kernel.exit(9)
  expect(changes).toEqual([])
  kernel.run(1, 10, 'claude')
  expect(changes.splice(0)).toEqual(['started'])
  kernel.run(10, 11, 'sh')
  kernel.run(11, 12, 'make')
  kernel.exit(12)
  expect(changes.splice(0)).toEqual(['part', 'part', 'part'])
  kernel.exit(10)
  expect(changes.splice(0)).toEqual(['ended'])
  kernel.run(1, 20, 'claude')
  kernel.exec(20, 'ls')
  kernel.exit(20)
  expect(changes).toEqual(['started', 'ended'])
})

test('children in sessions of their own are counted, and told each time that their number has doubled, and as the fourth to sixteenth end', () => {
  const { kernel, changes, recordOf } = world()
  kernel.run(1, 10, 'unheard-of')
  for (let pid = 11; pid < 31; pid++) {
    kernel.fork(10, pid)
    kernel.setsid(pid)
    kernel.exec(pid, 'sh')
    kernel.exit(pid)
  }
  // Neither is in a session of its own.
  kernel.run(10, 40, 'sh')
  kernel.exit(40)
  const [starts, ends] = [5, 13]
  expect(changes).toEqual(Array.from({ length: starts + ends }, () => 'tool'))
  expect(recordOf(10)?.ownSessionChildren).toBe(20)
})

test('many events at once are one change of a kind', () => {
  const { kernel, table, tell, changes } = world()
  for (const pid of [1, 2, 3]) {
    kernel.fork(0, pid, false)
    kernel.exec(pid, 'claude', [], {}, false)
  }
  tell([...table.keys()].map((pid) => ({ kind: 'exec', pid })))
  expect(changes).toEqual(['started'])
})

test('what is gone before it can be looked at is no agent, and nothing of it is kept', () => {
  const { tell, changes, memory } = world()
  tell([
    { kind: 'fork', pid: 10, parentPid: 9 },
    { kind: 'exec', pid: 10 },
    { kind: 'exit', pid: 10 },
  ])
  expect(changes).toEqual([])
  expect(memory.size).toEqual({ live: 0, ended: 0 })
})

test('lost events, and a want of descriptors, are told: only a look at everything helps', () => {
  const { lose, changes, kernel, state } = world()
  lose()
  kernel.fork(1, 10)
  state.short = true
  kernel.exec(10, 'claude')
  expect(changes).toEqual(['lost', 'lost'])
})

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

test('of a command line no more is kept than flags need, wherever they stand', () => {
  const { kernel, recordOf } = world()
  kernel.run(1, 10, 'claude', ['x'.repeat(120_000), '--yolo'])
  expect(recordOf(10)).toEqual(
    expect.objectContaining({ argv: ['/usr/bin/claude', 'x'.repeat(1024), '--yolo'], argumentsCut: true }),
  )
  kernel.run(
    1,
    11,
    'claude',
    Array.from({ length: 20_000 }, () => '-v'),
  )
  expect(recordOf(11)?.argv.length).toBeLessThan(3_000)
  expect(recordOf(11)?.argumentsCut).toBe(true)
  kernel.run(1, 12, 'claude', ['line\nbreak', '\u001b[2J', ''])
  expect(recordOf(12)).toEqual(expect.objectContaining({ argv: ['/usr/bin/claude', 'line\nbreak', '\u001b[2J', ''] }))
})

test('whoever forks, ends and lets its child go on, for ever, still hangs on the agent that began it', () => {
  const { kernel, recordOf, memory } = world()
  kernel.run(1, 10, 'claude')
  for (let pid = 11; pid < 5_000; pid++) {
    kernel.fork(pid - 1, pid)
    if (pid % 3 === 0) kernel.exec(pid, 'hop')
    kernel.exit(pid - 1)
  }
  const line = lineOf(recordOf(4_999))
  expect(line.length).toBeLessThanOrEqual(34)
  expect(line.at(-1)).toBe('10 claude')
  expect(memory.size.ended).toBeLessThanOrEqual(33)
})

test('agents within agents, deeper than anybody keeps, lose the farthest', () => {
  const { kernel, recordOf, memory } = world()
  kernel.fork(1, 10)
  for (let pid = 11; pid < 100; pid++) kernel.run(pid - 1, pid, 'claude')
  expect(lineOf(recordOf(99))).toHaveLength(33)
  for (let pid = 99; pid >= 10; pid--) kernel.exit(pid)
  expect(memory.size).toEqual({ live: 0, ended: 0 })
})

test('five thousand processes that live briefly leave nothing behind', () => {
  const { kernel, memory } = world()
  kernel.run(1, 2, 'bomb')
  for (let pid = 3; pid < 5_003; pid++) kernel.fork(2 + ((pid - 3) >> 1), pid)
  expect(memory.size.live).toBe(5_001)
  for (let pid = 2; pid < 5_003; pid++) kernel.exit(pid)
  expect(memory.size).toEqual({ live: 0, ended: 0 })
})

test('a machine of more processes than are remembered is looked at all the same', () => {
  const { kernel, memory, look } = world()
  kernel.run(1, 2, 'bomb')
  for (let pid = 3; pid < 20_103; pid++) kernel.fork(2, pid)
  expect(memory.size.live).toBe(20_000)
  expect(look()).toHaveLength(20_101)
})

test('too many that ended and have descendants: lines are cut, and agents go last', () => {
  const { kernel, memory, recordOf } = world()
  kernel.run(1, 2, 'claude')
  for (let pid = 10; pid < 12_010; pid++) {
    kernel.run(2, pid, 'sh')
    kernel.fork(pid, pid + 20_000)
    kernel.exit(pid)
  }
  kernel.exit(2)
  expect(memory.size.ended).toBeLessThanOrEqual(10_000)
  expect(lineOf(recordOf(20_010)).at(-1)).toBe('2 claude')
})

test('whatever happens, nothing is kept of what is over', () => {
  const pid = fc.integer({ min: 2, max: 9 })
  const step = fc.record({
    act: fc.constantFrom('fork', 'exec', 'exit', 'look', 'lose'),
    pid,
    other: pid,
    told: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { kernel, table, memory, look, lose } = world()
      for (const { act, pid: one, other, told } of steps) {
        if (act === 'look') look()
        if (act === 'lose') lose()
        if (act === 'fork' && !table.has(one)) kernel.fork(other, one, told)
        if (act === 'exec' && table.has(one)) kernel.exec(one, other % 2 === 0 ? 'claude' : 'sh', [], {}, told)
        if (act === 'exit' && table.has(one)) kernel.exit(one, told)
      }
      const records = look()
      expect(records.map(({ pid: one, startTicks }) => [one, startTicks])).toEqual(
        [...table.values()].map(({ pid: one, startTicks }) => [one, startTicks]),
      )
      for (const one of [...table.keys()]) kernel.exit(one)
      look()
      look()
      return memory.size.live === 0 && memory.size.ended === 0
    }),
  )
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
