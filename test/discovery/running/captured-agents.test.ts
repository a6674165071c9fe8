import { capturedAgent, recordsOf, streamsOf } from '../../support/processes/captured-agent.ts'
import { findAgents, partsIn } from '../../support/processes/find-agents.ts'

/** Real agents while they run a tool; their parts, the first the agent itself. */
const TREES: readonly (readonly [name: string, ids: string, parts: readonly string[]])[] = [
  ['claude', 'claude-code', ['agent 12059', 'mcp-server 12067', 'tool 12081', 'tool 12082']],
  ['codex', 'codex', ['agent 12212', 'helper 12242', 'helper 12322', 'mcp-server 12376', 'tool 12432']],
  ['codex-killed', 'codex', ['helper 12242', 'helper 12322', 'mcp-server 12376', 'tool 12432']],
  ['codex-exec', 'codex', ['agent 12088', 'mcp-server 12185', 'tool 12207']],
  [
    'gemini',
    'gemini-cli',
    ['agent 12462', 'agent 12470', 'mcp-server 12490', 'tool 12498', 'tool 12499', 'tool 12500'],
  ],
  ['opencode', 'opencode', ['agent 12505', 'tool 12581']],
  ['copilot', 'copilot-cli', ['agent 12586', 'agent 12597', 'tool 12688']],
  ['qwen', 'qwen-code', ['agent 12872', 'agent 12879', 'tool 12959']],
  ['cline', 'cline-cli', ['agent 13298', 'helper 13373', 'tool 13409']],
  ['openclaw', 'openclaw', ['agent 18455', 'helper 18495', 'helper 18502', 'tool 18562', 'tool 18563']],
  ['cline-killed', 'cline-cli', ['helper 13373', 'tool 13409']],
]

describe.each([true, false])('with events: %s', (events) => {
  test.each(TREES)('%s is one agent with all its processes', (name, id, parts) => {
    const captured = capturedAgent(name)
    const found = findAgents(recordsOf(captured, { events }), {
      homes: [captured.home],
      details: { streams: streamsOf(captured) },
      installed: () => true,
    })
    expect(found.map((each) => [each.catalogueId, partsIn(each), each.workspace, each.user?.id])).toEqual([
      [id, parts, captured.workspace, String(captured.uid)],
    ])
  })
})

test('each part says why it belongs', () => {
  const captured = capturedAgent('cline-killed')
  const records = recordsOf(captured, { events: true })
  const [found] = findAgents(records, { homes: [captured.home] })
  expect(found?.parts?.map(({ because }) => because)).toEqual([
    'the agent itself',
    'forked by an ancestor that has ended',
  ])
  const [polled] = findAgents(recordsOf(captured, { events: false }), { homes: [captured.home] })
  expect(polled?.parts?.map(({ because }) => because)).toEqual([
    'the agent itself',
    'session marker CLINE_CONNECTOR_CLI_LAUNCH',
  ])
})

test('a daemon that outlived its agent is a sighting of its own, with what it runs', () => {
  const captured = capturedAgent('codex-killed')
  const [found] = findAgents(recordsOf(captured, { events: true }), { homes: [captured.home] })
  expect(found?.process?.pid).toBe(12242)
  expect(found?.evidence.at(-1)).toBe('a session of its own, no terminal')
  expect(found?.attribution).toEqual({
    how: 'inherited',
    because: 'started from the terminal of process 12212, which has ended',
    human: { id: '20162', name: '20162' },
    session: { id: '12211', kind: 'terminal', tty: 'pts/0' },
  })
})
