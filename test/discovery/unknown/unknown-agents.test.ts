import { reader } from '../../../src/base/schema.ts'
import { sightingSchema } from '../../../src/protocol/sighting.ts'
import {
  asTool,
  detailsOf,
  look,
  NODE,
  type SeenProcess,
  SHELL,
  scanInit,
  seen,
  unknownAgents,
} from './behaviour-world.ts'
import { AGENT, LOCAL_MODEL, marked, names, TOOL } from './marked-agents.ts'

test('reports a program that runs tools as agents do and marks them, with why', async () => {
  const server = seen(103, NODE, ['node', '/x/node_modules/.bin/mcp-server-files'], {
    parentPid: 100,
    streams: ['socket', 'socket', 'socket'],
  })
  const below = seen(102, '/usr/bin/rm', ['rm', '-rf', 'secret'], { ...asTool(101, 101), ...marked('AI_AGENT') })
  const found = await look([SHELL, AGENT, { ...TOOL, ...marked('AI_AGENT') }, below, server])
  expect(found).toEqual([
    {
      kind: 'agent',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'robo',
      user: { id: '1000', name: 'alice' },
      evidence: [
        'script /home/alice/robo/index.js run by /usr/bin/node',
        'marks what it starts with AI_AGENT',
        'starts programs in sessions of their own without a terminal, while it has one itself: 1 now',
        'speaks to the MCP server mcp-server-files through its standard streams',
      ],
      state: 'running',
      agentKind: 'unknown',
      process: { pid: 100, startTicks: 1000, bootId: 'boot', parentPid: 50, executable: NODE },
      attribution: {
        how: 'direct',
        because: 'its session has a terminal',
        human: { id: '1000', name: 'alice' },
        session: { id: '50', kind: 'terminal', tty: 'pts/0' },
      },
      parts: [
        {
          role: 'agent',
          pid: 100,
          startTicks: 1000,
          parentPid: 50,
          executable: NODE,
          because: 'the first process of the program',
        },
        {
          role: 'tool',
          pid: 101,
          startTicks: 1010,
          parentPid: 100,
          executable: '/usr/bin/bash',
          because: 'child of 100',
        },
        { role: 'mcp-server', pid: 103, startTicks: 1030, parentPid: 100, executable: NODE, because: 'child of 100' },
        {
          role: 'tool',
          pid: 102,
          startTicks: 1020,
          parentPid: 101,
          executable: '/usr/bin/rm',
          because: 'child of 101',
        },
      ],
      score: 90,
      signals: [
        { name: 'child-markers', weight: 40, detail: 'marks what it starts with AI_AGENT' },
        {
          name: 'tool-children',
          weight: 30,
          detail: 'starts programs in sessions of their own without a terminal, while it has one itself: 1 now',
        },
        {
          name: 'mcp-children',
          weight: 20,
          detail: 'speaks to the MCP server mcp-server-files through its standard streams',
        },
      ],
    },
  ])
  const wire = reader(sightingSchema, { name: 'sighting', limits: { maxBytes: 65_536, maxDepth: 8 } })
  expect(wire.readJson(JSON.stringify(found[0]))).toEqual(found[0])
})

test.each([
  ['sk-canary0canary1canary2_SESSION_ID', ''],
  ['AGENT_sk-canary0canary1canary2', ''],
  ['ROBO_k7Qz2mP9canaryXR4tW8vB1', ''],
  ['AKIACANARY0123456789_SESSION_ID', ', unnamed'],
])('does not report the name of the mark %s', async (name, told) => {
  const found = await look([SHELL, AGENT, { ...TOOL, ...marked(name, 'AI_AGENT') }])
  expect([found[0]?.evidence[1], /canary/i.test(JSON.stringify(found))]).toEqual([
    `marks what it starts with AI_AGENT${told}`,
    false,
  ])
})

test("reports a known agent in an unknown runtime by its tools' mark, unless inherited", async () => {
  const gemini = seen(100, '/home/alice/runtime', ['runtime', '/x/@google/gemini-cli/bundle/gemini.js'])
  const tool = { ...TOOL, ...marked('GEMINI_CLI') }
  const [found] = await look([SHELL, gemini, tool])
  expect([found?.name, found?.score]).toEqual(['runtime', 60])
  expect(found?.evidence).toContain('marks what it starts with GEMINI_CLI')
  expect(await look([SHELL, { ...gemini, ...marked('GEMINI_CLI') }, tool])).toEqual([])
})

test('judges a task runner that marks its children as agents agreed by that mark', async () => {
  const runner = { ...AGENT, argv: ['node', '/home/alice/turbo.js'], sockets: LOCAL_MODEL }
  expect(names(await look([SHELL, runner, { ...TOOL, ...marked('AI_AGENT') }]))).toEqual([['turbo', 70]])
})

test('does not report a known agent and its parts again, but another agent as its tool', async () => {
  const isKnown = ({ pid }: { readonly pid: number }) => pid === 100
  const tool = { ...TOOL, ...marked('AI_AGENT') }
  const helper = seen(105, '/opt/helper', ['helper'], { parentPid: 100, sockets: LOCAL_MODEL })
  const ofHelper = seen(106, '/usr/bin/bash', ['bash', '-c', 'x'], asTool(106, 105))
  expect(await look([SHELL, AGENT, tool, helper, ofHelper], { isKnown })).toEqual([])
  const other = seen(107, '/opt/other', ['other'], {
    parentPid: 101,
    sessionId: 101,
    ttyNumber: 0,
    ...marked('AI_AGENT'),
    sockets: LOCAL_MODEL,
  })
  const ofOther = seen(108, '/usr/bin/bash', ['bash', '-c', 'x'], asTool(108, 107))
  expect(names(await look([SHELL, AGENT, tool, other, ofOther], { isKnown }))).toEqual([['other', 60]])
})

test('in a terminal of a known editor, reports an agent of its own, and no shell', async () => {
  const isKnown = ({ executable }: Pick<SeenProcess, 'executable'>) => executable === '/opt/editor'
  const editor = seen(80, '/opt/editor', ['editor'], { parentPid: 1, ttyNumber: 0, sessionId: 80 })
  const terminals = seen(81, '/opt/editor', ['editor', '--type=terminals'], { ...editor, pid: 81, parentPid: 80 })
  const shell = seen(90, '/usr/bin/bash', ['bash'], { parentPid: 81, sessionId: 90 })
  const robo = { ...AGENT, parentPid: 90, sessionId: 90 }
  const tool = { ...TOOL, ...marked('AI_AGENT') }
  expect(names(await look([editor, terminals, shell, robo, tool], { isKnown }))).toEqual([['robo', 70]])
  expect(await look([editor, terminals, shell], { isKnown })).toEqual([])
  // Without a terminal it is what the editor runs for itself.
  const inside = { ...robo, parentPid: 81, sessionId: 80, ttyNumber: 0 }
  expect(await look([editor, terminals, inside, tool], { isKnown })).toEqual([])
})

test('a program that starts itself again, or leaves a daemon behind, is one agent', async () => {
  const again = {
    ...AGENT,
    pid: 110,
    parentPid: 100,
    argv: ['node', '--max-old-space-size=9', '/home/alice/robo/index.js'],
  }
  const daemon = { ...AGENT, pid: 120, startTicks: 1200, parentPid: 1, sessionId: 120, ttyNumber: 0, forkedBy: again }
  const tool = { ...TOOL, pid: 130, startTicks: 1300, ...asTool(130, 120), ...marked('AI_AGENT') }
  const found = await look([SHELL, AGENT, again, daemon, tool])
  expect(found.map(({ process, parts }) => [process?.pid, parts?.map(({ pid, role }) => [pid, role])])).toEqual([
    [
      100,
      [
        [100, 'agent'],
        [120, 'helper'],
        [110, 'helper'],
        [130, 'tool'],
      ],
    ],
  ])
})

test('an agent stays one between two tools, and is gone with its process', async () => {
  const processes = [SHELL, { ...AGENT, sockets: LOCAL_MODEL }, TOOL]
  const agents = unknownAgents({
    processes: { environmentNames: async () => undefined },
    details: detailsOf(processes),
  })
  const [first] = await agents.scan(processes, scanInit())
  const [between] = await agents.scan([SHELL, AGENT], scanInit())
  expect([first?.score, between?.score, between?.id === first?.id]).toEqual([60, 60, true])
  const reused = { ...AGENT, startTicks: 5000 }
  expect(await agents.scan([SHELL, reused], scanInit())).toEqual([])
})

test('tools that were over before anybody looked count when there were several', async () => {
  const agent = { ...AGENT, sockets: LOCAL_MODEL }
  expect(names(await look([SHELL, { ...agent, ownSessionChildren: 1 }]))).toEqual([])
  expect(
    names(await look([SHELL, { ...agent, ownSessionChildren: 5 }, { ...TOOL, streams: ['null', 'null', 'null'] }])),
  ).toEqual([['robo', 60]])
})

test('variables that were not read at the start are asked for, of these few alone', async () => {
  const asked: number[] = []
  const environmentNames = async (pid: number) => {
    asked.push(pid)
    return pid === 101 ? ['PATH', 'AI_AGENT'] : ['PATH']
  }
  const unread = [SHELL, AGENT, TOOL, seen(900, '/usr/bin/top', ['top'])].map((each) => ({
    ...each,
    environmentNames: undefined,
  }))
  const found = await unknownAgents({ processes: { environmentNames } }).scan(unread, scanInit())
  expect([names(found), asked]).toEqual([[['robo', 70]], [100, 101, 50]])
})

test('reports where an agent works, and by which flag it does not ask', async () => {
  const agent = { ...AGENT, argv: [...AGENT.argv, '--yolo'], workingFolder: '/home/alice/code' }
  const [found] = await look([SHELL, agent, { ...TOOL, ...marked('AI_AGENT') }])
  expect([found?.workspace, found?.autonomy]).toEqual([
    '/home/alice/code',
    { level: 'autonomous', because: [{ by: 'flag', name: '--yolo' }] },
  ])
})

test('one command after another suggests a model between them; a build does not', async () => {
  const lookAfter = async (tools: readonly SeenProcess[]) => {
    const agents = unknownAgents({ processes: { environmentNames: async () => undefined } })
    for (const tool of tools) agents.noteTool(tool, AGENT)
    const [found] = await agents.scan(
      [SHELL, { ...AGENT, argv: [...AGENT.argv, '--yolo'], ownSessionChildren: tools.length }],
      scanInit(),
    )
    return found?.signals?.map(({ name, weight }) => `${name} ${weight}`)
  }
  const tool = (pid: number, startTicks: number, command: string) => ({
    ...TOOL,
    pid,
    sessionId: pid,
    startTicks,
    argv: ['bash', '-c', command],
  })
  const steps = ['ls', 'cat a', 'make', 'make test']
  expect(await lookAfter(steps.map((step, at) => tool(200 + at, 2000 + at * 400, step)))).toEqual([
    'tool-children 30',
    'paced-children 25',
    'autonomy-flag 20',
  ])
  const none: [string, SeenProcess[]][] = [
    ['the same command', steps.map((_, at) => tool(200 + at, 2000 + at * 400, 'make'))],
    ['all at once', steps.map((step, at) => tool(200 + at, 2000 + at, step))],
    ['hours apart', steps.map((step, at) => tool(200 + at, 2000 + at * 360_000, step))],
    ['too few', steps.slice(0, 3).map((step, at) => tool(200 + at, 2000 + at * 400, step))],
  ]
  for (const [what, tools] of none) expect([what, await lookAfter(tools)]).toEqual([what, undefined])
})

test('a mark that was seen on a tool which is over still speaks', async () => {
  const agents = unknownAgents({ processes: { environmentNames: async () => undefined } })
  const agent = { ...AGENT, ownSessionChildren: 2 }
  agents.noteTool({ ...TOOL, ...marked('AI_AGENT') }, agent)
  agents.noteTool({ ...TOOL, pid: 102, sessionId: 102 }, agent)
  expect(names(await agents.scan([SHELL, agent], scanInit()))).toEqual([['robo', 70]])
})

test('keeps no more of a daemon that starts thousands of programs than of a few', async () => {
  const agents = unknownAgents({ processes: { environmentNames: async () => undefined } })
  for (let at = 0; at < 20_000; at++) {
    const parent = { ...AGENT, pid: 1_000 + (at % 500), executable: '/opt/p', argv: ['p'] }
    agents.noteTool(
      { ...TOOL, pid: 10_000 + at, sessionId: 10_000 + at, startTicks: 5_000 + at, ...marked('AI_AGENT') },
      parent,
    )
  }
  const parents = Array.from({ length: 500 }, (_, at) => ({
    ...AGENT,
    pid: 1_000 + at,
    executable: '/opt/p',
    argv: ['p'],
    ownSessionChildren: 40,
  }))
  // Of 64 programs something is remembered, and half of them are looked at closely in one look.
  expect((await agents.scan([SHELL, ...parents], scanInit())).length).toBe(32)
})

test('never judges or inspects our own process, and judges all that it starts', async () => {
  const processes = [SHELL, AGENT, { ...TOOL, ...marked('AI_AGENT') }]
  const agents = unknownAgents({
    processes: { environmentNames: async () => undefined },
    details: detailsOf(processes),
  })
  expect(await agents.scan(processes, scanInit({ ownPid: AGENT.pid }))).toEqual([])
  expect(agents.nextInspectionMs).toBeUndefined()
  expect(await agents.scan(processes, scanInit({ ownPid: SHELL.pid }))).toMatchObject([{ name: 'robo' }])
})
