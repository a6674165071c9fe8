import type { AgentSighting } from '../../src/protocol/sighting.ts'
import { agentSighting, unknownAgent } from '../support/sample-sightings.ts'
import { claude, linesOf, run, seeing, server } from './seen-on-a-device.ts'

test('show: the whole graph as a tree', async () => {
  expect(linesOf((await run('agents show 1111')).out)).toEqual([
    'Claude Code 2.1.0',
    `  id          ${'1'.repeat(32)}`,
    '  is          cli-agent of Anthropic (claude-code)',
    '  state       running, pid 1001, parent 900',
    '  executable  /usr/bin/node',
    '  user        alice (uid 1000)',
    '  works in    /home/alice/src/app',
    '  signed in   alice@example.org at claude.ai, says /home/alice/.claude.json',
    '  acts for    alice, direct: its session is a login; terminal session 7 on pts/3',
    '  acts        AUTONOMOUS: without asking (flag --dangerously-skip-permissions; configuration defaultMode in /home/alice/.claude/settings.json)',
    '  flags       --dangerously-skip-permissions',
    '  reaches     environment ANTHROPIC_BASE_URL proxy.example:443',
    '',
    '  processes (8)',
    '    agent 1001  /usr/bin/agent  (itself)',
    '      └ helper 1010  /usr/bin/helper  (forked by an ancestor that has ended)',
    '      └ tool 1020  /usr/bin/tool  (child)',
    '        └ tool 1021  /usr/bin/tool  (child)',
    '      └ mcp-server 1030  /usr/bin/mcp-server  (child)',
    '          is files of cursor (user): npx, said by /home/alice/.cursor/mcp.json; beware: any version',
    '    and 3 more',
  ])
})

test('show: what speaks for an unknown one is told once, with its weight', async () => {
  const known = unknownAgent('2', { evidence: ['node runs bot.js', 'setsid, no tty'] })
  const lines = linesOf((await run('agents show deskbot', seeing([known]))).out).map((line) => line.trim())
  expect(lines.filter((line) => /setsid|known by/.test(line))).toEqual([
    'known by    node runs bot.js',
    '3  tool-session          setsid, no tty',
  ])
})

test.each<[NonNullable<AgentSighting['attribution']>, string]>([
  [{ how: 'none', because: 'unattended: no session' }, 'acts for    nobody: unattended: no session'],
  [
    { how: 'inherited', because: 'its parent', human: { uid: 1000, name: 'alice' } },
    'acts for    alice, inherited: its parent',
  ],
])('show: for whom it acts: %j', async (attribution, words) => {
  const { out } = await run('agents show claude-code', seeing([agentSighting('1', { attribution })]))
  expect(linesOf(out).map((line) => line.trim())).toContain(words)
})

test('show: an unknown one says why, one past its end what takes its place', async () => {
  const unknown = (await run('agents show deskbot')).out
  expect(unknown).toContain('  is          UNKNOWN: no entry of the catalogue matches it\n')
  expect(unknown).toContain('  taken for an agent, score 7\n      3  tool-session          setsid, no tty\n')
  const ended = (await run('agents show codex')).out
  expect(ended).toContain('  last used   3 d ago\n  ends        2026-01-01; codex-next takes its place\n')
})

test.each<[string, NonNullable<typeof claude.autonomy>['because']]>([
  ['nothing says whether it asks', []],
  ['perhaps without asking (environment GOOSE_MODE)', [{ by: 'environment', name: 'GOOSE_MODE' }]],
])('show: of one of which nobody knows whether it asks: %s', async (words, because) => {
  const seen = seeing([{ ...claude, autonomy: { level: 'unknown', because } }])
  expect(linesOf((await run('agents show claude-code', seen)).out)).toContain(`  acts        ${words}`)
})

test.each([
  ['a whole id', '1'.repeat(32), '1'],
  ['the beginning of an id', '1111', '1'],
  ['a process id', '1002', '2'],
  ['the process id of a tool', '1021', '1'],
  ['a name, however it is written', 'CODEX', '3'],
  ['an entry of the catalogue', 'claude-code', '1'],
])('show takes %s', async (_, wanted, digit) => {
  const { exitCode, out } = await run(`agents show ${wanted} --json`)
  const { schema, agent, servers } = JSON.parse(out)
  expect({ exitCode, schema, id: agent.id, servers }).toEqual({
    ...{ exitCode: 0, schema: 'surety/agent@1', id: digit.repeat(32) },
    servers: digit === '1' ? [server] : [],
  })
})

test('of several that bear a name the one that runs is meant, of several that run none', async () => {
  const installed = agentSighting('7', { state: 'installed' })
  expect(JSON.parse((await run('agents show claude-code --json', seeing([installed, claude]))).out).agent.id[0]).toBe(
    '1',
  )
  const { exitCode, err } = await run('agents show claude-code', seeing([claude, { ...claude, id: '7'.repeat(32) }]))
  expect({ exitCode, err }).toEqual({
    exitCode: 1,
    err: 'surety: "claude-code" is more than one agent: 11111111 (Claude Code 2.1.0), 77777777 (Claude Code 2.1.0)\n',
  })
})

test.each(['nobody', '111', `${'1'.repeat(31)}2`, '99', '', '4444', 'f'.repeat(32), '__proto__', '\u001b[31m'])(
  'show of %j finds nothing, and says how to find it',
  async (wanted) => {
    const { exitCode, out, err } = await run(`agents show ${wanted === '' ? '--' : wanted}`.trim())
    if (wanted === '') return expect(exitCode).toBe(2)
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    expect(err).toContain('surety agents lists them')
  },
)

test('show of what is in two ways is refused by a name that hides an escape, as text', async () => {
  const named = (digit: string) => agentSighting(digit, { name: 'x\u001b[2J', version: '\n' })
  const { err } = await run('agents show claude-code', seeing([named('1'), named('2')]))
  expect(err).toBe('surety: "claude-code" is more than one agent: 11111111 (x\\x1b[2J), 22222222 (x\\x1b[2J)\n')
})
