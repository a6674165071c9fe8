import { look, NODE, type SeenProcess, SHELL, seen } from '../behaviour-world.ts'
import { AGENT, LOCAL_MODEL, marked, names, TOOL } from '../marked-agents.ts'

describe('enough speaks for', () => {
  test.each<[string, readonly SeenProcess[]]>([
    ['tools and the identifier of their talk', [AGENT, { ...TOOL, ...marked('ROBO_SESSION_ID') }]],
    ['tools and a model on this machine', [{ ...AGENT, sockets: LOCAL_MODEL }, TOOL]],
    [
      'tools and a model on a port that a variable names',
      [
        {
          ...AGENT,
          ...marked('OPENAI_BASE_URL'),
          sockets: { connected: [{ address: '127.0.0.1', port: 18080, loopback: true }], listening: [] },
        },
        TOOL,
      ],
    ],
    [
      'tools, its name in what they are given, and a flag that only agents have',
      [
        { ...AGENT, argv: [...AGENT.argv, '--yolo'] },
        { ...TOOL, ...marked('ROBO_CLI') },
      ],
    ],
    [
      'tools, a key of its own for a model, and talks in a home',
      [
        {
          ...AGENT,
          ...marked('ANTHROPIC_API_KEY'),
          sockets: { connected: [{ address: '192.0.2.1', port: 443, loopback: false }], listening: [] },
          openFiles: ['/home/alice/.robo/sessions/2026/11/a title.jsonl'],
        },
        TOOL,
      ],
    ],
    [
      'marks without sessions of their own, and a model',
      [
        { ...AGENT, sockets: LOCAL_MODEL },
        { ...TOOL, sessionId: 50, ttyNumber: 34816, ...marked('AI_AGENT') },
      ],
    ],
  ])('%s', async (_, processes) => {
    expect((await look([SHELL, ...processes])).map(({ name }) => name)).toEqual(['robo'])
  })
})

describe('too little speaks for', () => {
  const key = marked('OPENAI_API_KEY')
  test.each<[string, readonly SeenProcess[]]>([
    ['a name alone', [seen(100, NODE, ['node', '/x/node_modules/agent/agent.js', '--yolo'])]],
    ['tools alone', [AGENT, TOOL]],
    [
      'a chat with a model on this machine',
      [{ ...AGENT, sockets: LOCAL_MODEL, openFiles: ['/home/alice/.chat/sessions/1.jsonl'] }],
    ],
    [
      'tools and a key that everything in the shell has',
      [
        {
          ...AGENT,
          ...key,
          sockets: { connected: [{ address: '192.0.2.1', port: 443, loopback: false }], listening: [] },
        },
        TOOL,
      ],
    ],
    ['tools and a variable of its own name', [AGENT, { ...TOOL, ...marked('ROBO_TASK') }]],
    [
      'tools and a mark that it was itself given',
      [
        { ...AGENT, ...marked('AI_AGENT') },
        { ...TOOL, ...marked('AI_AGENT') },
      ],
    ],
    [
      'tools with a terminal of their own',
      [
        { ...AGENT, sockets: LOCAL_MODEL },
        { ...TOOL, ttyNumber: 34817 },
      ],
    ],
    [
      'daemons that it left behind',
      [
        { ...AGENT, sockets: LOCAL_MODEL },
        { ...TOOL, streams: ['null', 'null', 'null'] },
      ],
    ],
    [
      'a helper of its own program',
      [
        { ...AGENT, sockets: LOCAL_MODEL },
        { ...TOOL, executable: NODE, argv: AGENT.argv },
      ],
    ],
    [
      'a shell that exports marks',
      [
        { ...AGENT, executable: '/usr/bin/bash', argv: ['bash'], sockets: LOCAL_MODEL },
        { ...TOOL, ...marked('AI_AGENT') },
      ],
    ],
    [
      'tools and the identifier of a login',
      [AGENT, { ...TOOL, ...marked('XDG_SESSION_ID', 'TERM_SESSION_ID', 'VSCODE_SESSION_ID') }],
    ],
    [
      'a task runner in a machine of continuous integration',
      [
        {
          ...AGENT,
          argv: ['node', '/x/node_modules/turbo/bin/turbo'],
          ...marked('ANTHROPIC_API_KEY', 'OPENAI_BASE_URL'),
          sockets: {
            connected: [
              { address: '192.0.2.1', port: 443, loopback: false },
              { address: '127.0.0.1', port: 9000, loopback: true },
            ],
            listening: [{ address: '127.0.0.1', port: 4000, loopback: true }],
          },
        },
        { ...TOOL, ...marked('TURBO_HASH', 'BUILD_SESSION_ID') },
      ],
    ],
  ])('%s', async (_, processes) => {
    expect(names(await look([{ ...SHELL, ...key }, ...processes]))).toEqual([])
  })
})
