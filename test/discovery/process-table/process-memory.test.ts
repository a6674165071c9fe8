import fc from 'fast-check'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { world } from './kernel-by-hand.ts'

function lineOf(record: ProcessRecord | undefined): string[] {
  const line: string[] = []
  for (let at = record; at !== undefined; at = at.forkedBy) line.push(`${at.pid} ${at.executable?.slice(9)}`)
  return line
}

test('keeps a process as it started, although it overwrites its command line', () => {
  const { kernel, table, recordOf } = world()
  kernel.run(1, 10, 'claude', ['--yolo'], { CODEX_THREAD_ID: 't-1', TOKEN: 'hush' })
  const running = table.get(10)
  if (running !== undefined) table.set(10, { ...running, argv: ['nothing to see'], comm: 'vi', parentPid: 7 })
  const { forkedBy: _, ...record } = recordOf(10) ?? {}
  expect(record).toEqual(
    expect.objectContaining({
      pid: 10,
      parentPid: 7,
      startTicks: 1,
      userId: '1000',
      executable: '/usr/bin/claude',
      argv: ['/usr/bin/claude', '--yolo'],
      environmentNames: ['CODEX_THREAD_ID', 'TOKEN'],
      sessionMarkers: { CODEX_THREAD_ID: 't-1' },
      workingFolder: '/code/10',
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

test.each([
  ['another executable', 'claude', []],
  ['another script', 'node', ['/bin/claude']],
  ['a script more', 'node', ['/bin/plain', 'x']],
])('%s whose stack begins where the last one did is a program of its own', (_, program, args) => {
  const { kernel, table, recordOf, tell } = world()
  kernel.run(1, 10, 'node', ['/bin/plain_'])
  const stackStart = recordOf(10)?.pid === 10 ? table.get(10)?.stackStart : undefined
  kernel.exec(10, program, args, {}, false)
  const now = table.get(10)
  if (now === undefined || stackStart === undefined) throw new TypeError('it does not run')
  table.set(10, { ...now, stackStart })
  tell([{ kind: 'exec', pid: 10 }])
  expect(recordOf(10)?.argv).toEqual([`/usr/bin/${program}`, ...args])
})

test('an agent whose first thread ended, while others run, has not ended', () => {
  const { kernel, table, recordOf, tell, changes } = world()
  kernel.run(1, 10, 'claude')
  tell([{ kind: 'exit', pid: 10 }])
  // They may be about to end as well: worth a look.
  expect([recordOf(10)?.executable, changes]).toEqual(['/usr/bin/claude', ['started', 'ended']])
  table.delete(10)
  expect(recordOf(10)).toBeUndefined()
  // Another that has its number ends as anybody does.
  kernel.run(1, 10, 'claude')
  kernel.exit(10)
  expect(changes).toEqual(['started', 'ended', 'started', 'ended'])
})

test('drops a killed agent at the next scan when its other threads ended later', () => {
  const { kernel, table, tell, memory, look } = world()
  kernel.run(1, 10, 'claude')
  look()
  const pids = () => memory.current()?.map(({ pid }) => pid)
  tell([{ kind: 'exit', pid: 10 }])
  expect(pids()).toContain(10)
  const running = table.get(10)
  if (running === undefined) throw new TypeError('it runs')
  // Nobody has waited for it yet.
  table.set(10, { ...running, executable: undefined, argv: [] })
  expect(pids()).not.toContain(10)
  table.delete(10)
  look()
  expect(memory.isConsistent).toBe(true)
})

test('keeps the parent of a process after it has ended or became another program', () => {
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

test('knows a new session before any scan, and at the start of a program', () => {
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

test('reports starts and ends of agents and of processes below them, and no others', () => {
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

test('counts children in own sessions; reports doublings and ends four to sixteen', () => {
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

test('reports no change for what we start in own sessions, though it may start agents', () => {
  const { kernel, changes } = world({ ownPid: 10 })
  kernel.run(1, 10, 'suretyd')
  for (let pid = 11; pid < 31; pid++) {
    kernel.fork(10, pid)
    kernel.setsid(pid)
    kernel.exec(pid, 'node')
    kernel.exit(pid)
  }
  expect(changes).toEqual([])
  kernel.run(10, 40, 'node')
  kernel.run(40, 41, 'claude')
  expect(changes).toEqual(['started'])
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

test('takes a process that ended unread for no agent, and keeps nothing of it', () => {
  const { tell, changes, memory } = world()
  tell([
    { kind: 'fork', pid: 10, parentPid: 9 },
    { kind: 'exec', pid: 10 },
    { kind: 'exit', pid: 10 },
  ])
  expect(changes).toEqual([])
  expect(memory.size).toEqual({ live: 0, ended: 0 })
})

test('reports lost events and a shortage of descriptors until a full scan', () => {
  const { lose, changes, kernel, state } = world()
  lose()
  kernel.fork(1, 10)
  state.short = true
  kernel.exec(10, 'claude')
  expect(changes).toEqual(['lost', 'lost'])
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

test('links a program that forks and exits for ever to the agent that started it', () => {
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

test('scans processes beyond the limit of remembered ones', () => {
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

test('keeps nothing of what is over, for any events', () => {
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

test('reports a job of an agent as a starting agent, and follows its forks', () => {
  const heard: string[] = []
  const { kernel, changes, watched, lose } = world({
    listener: {
      startsJobs: ({ executable }) => executable === '/usr/bin/atd',
      onFork: ({ executable }, pid) => heard.push(`fork ${pid} of ${executable}`),
      onExec: ({ executable }) => heard.push(`exec ${executable}`) > 0 && executable === '/usr/bin/dash',
      onEnd: (pid) => heard.push(`end ${pid}`),
      onLost: () => heard.push('lost'),
    },
  })
  kernel.run(1, 10, 'atd')
  kernel.run(10, 11, 'dash')
  kernel.exit(11)
  lose()
  expect(heard).toEqual(['exec /usr/bin/atd', 'fork 11 of /usr/bin/atd', 'exec /usr/bin/dash', 'end 11', 'lost'])
  expect(changes).toEqual(['started', 'lost'])
  expect(watched).toEqual([
    [10, true],
    [11, true],
  ])
})

test('reports a program that has ended before it was read, too', () => {
  const heard: (string | undefined)[] = []
  const { kernel, table, tell } = world({ listener: { onExec: ({ executable }) => heard.push(executable) < 0 } })
  kernel.run(1, 10, 'claude')
  kernel.fork(10, 11)
  table.delete(11)
  tell([{ kind: 'exec', pid: 11, process: 'gone', executable: '/usr/bin/at' }])
  expect(heard).toEqual(['/usr/bin/claude', '/usr/bin/at'])
})
