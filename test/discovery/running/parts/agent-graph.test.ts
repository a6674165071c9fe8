import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import { findAgents, partsIn } from '../../../support/processes/find-agents.ts'
import { CLAUDE, CODEX, detached, NODE, processRecord } from '../../../support/processes/process-record.ts'
import { BASH, graphs, tool } from './parts-of-agents.ts'

const claude = (pid: number, more: Partial<ProcessRecord> = {}) => processRecord(pid, CLAUDE, ['claude'], more)

describe('descent', () => {
  test('a child that is older than its parent is not its child: the pid was used again', () => {
    const stale = tool(99, 100)
    expect(graphs([claude(100), stale, tool(101, 100)])).toEqual({ 'claude-code 100': ['agent 100', 'tool 101'] })
  })

  test('who forked a process counts, not who has the pid now', () => {
    const gone = processRecord(100, BASH, ['bash'], { startTicks: 5, ended: true })
    const orphan = tool(200, 100, { forkedBy: gone })
    expect(graphs([claude(100), orphan])).toEqual({ 'claude-code 100': ['agent 100'] })
  })

  test('parents in a circle end', () => {
    const records = [tool(10, 11, { startTicks: 1 }), tool(11, 10, { startTicks: 1 }), claude(100)]
    expect(graphs(records)).toEqual({ 'claude-code 100': ['agent 100'] })
  })

  test('forks in a circle end', () => {
    const first: ProcessRecord = tool(10, 1)
    const second: ProcessRecord = tool(11, 1, { forkedBy: first })
    Object.assign(first, { forkedBy: second })
    expect(graphs([first, second])).toEqual({})
  })

  test('a reparented tool belongs to who forked it, through those that have ended', () => {
    const agent = claude(100)
    const shell = tool(101, 100, { forkedBy: agent, ended: true })
    const left = tool(102, 1, { forkedBy: shell })
    const [found] = findAgents([agent, left])
    expect(found?.parts?.map(({ pid, because }) => [pid, because])).toEqual([
      [100, 'the agent itself'],
      [102, 'forked by an ancestor that has ended'],
    ])
  })

  test('of ten thousand processes of one agent, reports 64, itself first, and the count', () => {
    const storm = Array.from({ length: 10_000 }, (_, at) => tool(1_000 + at, 100))
    const [found] = findAgents([...storm, claude(100)])
    expect(found?.parts?.length).toBe(64)
    expect(partsIn(found)[0]).toBe('agent 100')
    expect(found?.morePartsCount).toBe(10_001 - 64)
  })

  test('of very many children of its session only the oldest are looked at closely', () => {
    let streams = 0
    const children = Array.from({ length: 10_000 }, (_, at) =>
      processRecord(20_000 - at, NODE, ['node', '/x/server.js'], { parentPid: 100 }),
    )
    const details = {
      streams: () => {
        streams++
        return ['socket', 'socket', 'socket'] as const
      },
    }
    const [found] = findAgents([claude(100), ...children], { details })
    expect(streams).toBe(64)
    // Those that could be told are among them.
    expect(found?.parts?.filter(({ role }) => role === 'mcp-server').every(({ pid }) => pid < 10_065)).toBe(true)
  })

  test('a chain of ten thousand processes is followed to its end', () => {
    const chain = Array.from({ length: 10_000 }, (_, at) => tool(101 + at, 100 + at))
    expect(findAgents([claude(100), ...chain])[0]?.morePartsCount).toBe(10_001 - 64)
  })
})

describe('several agents', () => {
  test('two sessions of one user each have their own tools', () => {
    const records = [claude(100), claude(200, { sessionId: 60 }), tool(101, 100), tool(201, 200)]
    expect(graphs(records)).toEqual({
      'claude-code 100': ['agent 100', 'tool 101'],
      'claude-code 200': ['agent 200', 'tool 201'],
    })
  })

  test('an agent that an agent runs as a tool is its own, and a part of both', () => {
    const codex = processRecord(100, CODEX, ['codex'])
    const nested = claude(102, { parentPid: 101, sessionId: 101, ttyNumber: 0 })
    const found = findAgents([codex, tool(101, 100), nested, tool(103, 102)])
    expect(found.map(partsIn)).toEqual([
      ['agent 100', 'tool 101', 'tool 102'],
      ['agent 102', 'tool 103'],
    ])
    expect(found[0]?.parts?.at(-1)?.because).toBe('child; an agent of its own')
    expect(found[1]?.evidence.at(-1)).toBe('started by Codex CLI, process 100')
    expect(found[1]?.attribution).toEqual({
      ...found[0]?.attribution,
      how: 'inherited',
      because: 'started by Codex CLI',
    })
  })

  test('the same agent run as a separate tool is another', () => {
    const inner = processRecord(101, CODEX, ['codex', 'exec'], detached(101, 100))
    expect(graphs([processRecord(100, CODEX, ['codex']), inner, tool(102, 101)])).toEqual({
      'codex 100': ['agent 100', 'tool 101'],
      'codex 101': ['agent 101', 'tool 102'],
    })
  })

  test('an agent that ended leaves what it ran to the agent that started it', () => {
    const codex = processRecord(100, CODEX, ['codex'])
    const gone = claude(101, { ...detached(101, 100), forkedBy: codex, ended: true })
    expect(graphs([codex, tool(102, 1, { forkedBy: gone })])).toEqual({ 'codex 100': ['agent 100', 'tool 102'] })
  })
})

describe('an agent that has ended', () => {
  const AT_TERMINAL = { sessionId: 50, ttyNumber: 34816 }
  const gone = claude(100, { ...AT_TERMINAL, ended: true })

  test("is reported under its id, as its human's, for as long as a tool of it runs", () => {
    const shell = tool(101, 1, { forkedBy: gone })
    const below = processRecord(102, '/usr/bin/make', ['make'], { ...detached(101, 101), sessionId: 101 })
    const [found, ...others] = findAgents([shell, below])
    expect(others).toEqual([])
    expect(found).toMatchObject({
      catalogueId: 'claude-code',
      ended: true,
      process: { pid: 101 },
      version: '2.1.197',
      evidence: expect.arrayContaining(['process 100 has ended; what it started still runs']),
      attribution: { how: 'inherited', because: 'started from the terminal of process 100, which has ended' },
    })
    expect(partsIn(found)).toEqual(['tool 101', 'tool 102'])
    const { ended: _, ...alive } = gone
    expect(findAgents([alive, shell])[0]?.id).toBe(found?.id)
  })

  test('so is what a tool left behind in its session', () => {
    const shell = tool(101, 100, { forkedBy: gone, ended: true })
    const server = processRecord(102, NODE, ['node', 'server.js'], {
      ...detached(101, 1),
      sessionId: 101,
      forkedBy: shell,
    })
    expect(findAgents([server]).map((each) => [each.ended, partsIn(each)])).toEqual([[true, ['tool 102']]])
  })

  const detachedFrom = (record: ProcessRecord) =>
    processRecord(103, NODE, ['node'], { ...detached(103, 1), forkedBy: record })
  test.each<[string, ProcessRecord]>([
    ['in a session of its own, begun by a tool', detachedFrom(tool(101, 100, { forkedBy: gone, ended: true }))],
    [
      'forked twice, in a session of its own',
      detachedFrom(tool(102, 1, { forkedBy: tool(101, 100, { forkedBy: gone, ended: true }), ended: true })),
    ],
    ['in the session of the agent', processRecord(103, NODE, ['node'], { parentPid: 1, forkedBy: gone })],
    ['at the terminal of the agent', processRecord(103, NODE, ['node'], { ...AT_TERMINAL, forkedBy: gone })],
    [
      'as a copy of a program of the session that a user made',
      processRecord(103, '/home/alice/gpg-agent', ['gpg-agent'], { ...detached(103, 1), forkedBy: gone }),
    ],
    [
      'that has the name of an editor by an argument only',
      processRecord(103, '/usr/bin/gedit', ['gedit'], {
        ...detached(103, 1),
        forkedBy: gone,
        startedAs: '/usr/lib/ld.so',
      }),
    ],
    [
      'as an editor of the user’s own',
      processRecord(103, '/home/alice/bin/code', ['code'], { ...detached(103, 1), forkedBy: gone }),
    ],
  ])('is reported as what it left running %s', (_, record) => {
    expect(findAgents([record])).toMatchObject([{ ended: true, catalogueId: 'claude-code', process: { pid: 103 } }])
  })

  const server = processRecord(102, '/usr/bin/tmux', ['tmux'], { ...detached(102, 1), forkedBy: gone })
  test.each<[string, ProcessRecord]>([
    [
      'a service of the session that a tool happened to start',
      processRecord(102, '/usr/bin/gpg-agent', ['gpg-agent'], {
        ...detached(102, 1),
        forkedBy: tool(101, 100, { forkedBy: gone, ended: true }),
      }),
    ],
    [
      'a browser that it opened',
      processRecord(102, '/opt/google/chrome/chrome', ['chrome'], { ...detached(102, 1), forkedBy: gone }),
    ],
    ...[
      ...['/usr/share/code/code', '/snap/code/170/usr/share/code/code', '/opt/sublime_text/sublime_text'],
      ...['/usr/lib/libreoffice/program/soffice.bin', '/opt/libreoffice24.8/program/soffice.bin'],
      ...['/usr/bin/gedit', '/usr/bin/nautilus'],
    ].map((path): [string, ProcessRecord] => [
      `${path} that it opened`,
      processRecord(102, path, ['x'], { ...detached(102, 1), forkedBy: gone }),
    ]),
    [
      'what sits at another terminal',
      processRecord(102, BASH, ['bash'], { sessionId: 102, ttyNumber: 34817, forkedBy: gone }),
    ],
    ['what runs below a terminal multiplexer', detachedFrom(server)],
    [
      'what a person started at another terminal',
      detachedFrom(processRecord(102, BASH, ['bash'], { sessionId: 102, ttyNumber: 34817, forkedBy: gone })),
    ],
    ['what nobody saw it start', tool(102, 1)],
  ])('%s does not keep it', (_, record) => {
    expect(findAgents([record])).toEqual([])
  })

  test('what it left is not given to another session of its user', () => {
    const found = findAgents([claude(200, { sessionId: 60 }), tool(201, 200), tool(101, 1, { forkedBy: gone })])
    expect(found.map((each) => [each.ended, partsIn(each)])).toEqual([
      [undefined, ['agent 200', 'tool 201']],
      [true, ['tool 101']],
    ])
  })
})

describe('sandboxes', () => {
  test('a tool is found behind its sandboxes, which are helpers', () => {
    const sandbox = (pid: number, parentPid: number) =>
      processRecord(pid, CODEX, ['codex-linux-sandbox', '--', 'ls'], { ...detached(101, parentPid), sessionId: 101 })
    const bwrap = processRecord(102, '/usr/bin/bwrap', ['bwrap'], { ...detached(101, 101), sessionId: 101 })
    const records = [processRecord(100, CODEX, ['codex']), sandbox(101, 100), bwrap, sandbox(103, 102)]
    const inside = processRecord(104, BASH, ['bash'], { ...detached(101, 103), sessionId: 101 })
    expect(graphs([...records, inside])).toEqual({
      'codex 100': ['agent 100', 'helper 101', 'helper 102', 'helper 103', 'tool 104'],
    })
  })

  test('an agent in the sandbox of another is its own', () => {
    const sandbox = processRecord(101, CODEX, ['codex-linux-sandbox'], detached(101, 100))
    const inner = processRecord(102, CODEX, ['codex', 'exec'], { ...detached(101, 101), sessionId: 101 })
    expect(Object.keys(graphs([processRecord(100, CODEX, ['codex']), sandbox, inner]))).toEqual([
      'codex 100',
      'codex 102',
    ])
  })
})

describe('roles', () => {
  const sockets = { streams: () => ['socket', 'socket', 'socket'] as const }

  test.each<[string, string, readonly string[], string]>([
    ['a program that is spoken to', NODE, ['node', '/x/server.js'], 'mcp-server'],
    ['a language server', NODE, ['node', '/x/.bin/typescript-language-server', '--stdio'], 'helper'],
    ['git', '/usr/bin/git', ['git', 'status'], 'helper'],
    ['a shell', BASH, ['bash', '-c', 'x'], 'tool'],
    ['a sandbox', '/usr/bin/bwrap', ['bwrap'], 'helper'],
  ])('in the session of the agent, through sockets: %s', (_, executable, argv, role) => {
    const child = processRecord(101, executable, argv, { parentPid: 100 })
    expect(graphs([claude(100), child], { details: sockets })).toEqual({
      'claude-code 100': ['agent 100', `${role} 101`],
    })
  })

  test('what a server starts belongs to the server', () => {
    const npm = processRecord(101, NODE, ['npm exec @model/x', '', ''], { parentPid: 100 })
    const shell = processRecord(102, '/usr/bin/dash', ['sh', '-c', 'x'], { parentPid: 101 })
    const server = processRecord(103, NODE, ['node', '/x/.bin/x'], { parentPid: 102 })
    expect(graphs([claude(100), npm, shell, server], { details: sockets })).toEqual({
      'claude-code 100': ['agent 100', 'mcp-server 101', 'mcp-server 102', 'mcp-server 103'],
    })
  })

  test('without its streams nothing is called a server', () => {
    const child = processRecord(101, NODE, ['node', '/x/server.js'], { parentPid: 100 })
    expect(graphs([claude(100), child])).toEqual({ 'claude-code 100': ['agent 100', 'helper 101'] })
  })
})
