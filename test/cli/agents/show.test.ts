import fc from 'fast-check'
import type { AgentSighting, Sighting } from '../../../src/protocol/sighting.ts'
import { sightingFacts } from '../../../src/view/sightings/sighting-facts.ts'
import { widthOf } from '../../../src/view/terminal.ts'
import { anyText } from '../../support/any-text.ts'
import { agentSighting, extensionSighting, unknownAgent } from '../../support/protocol/sample-sightings.ts'
import { claude, file, linesOf, run, runtime, seeing, server } from '../seen-on-a-device.ts'

test('agents show: prints all processes as a tree', async () => {
  expect(linesOf((await run('agents show 1111')).out)).toEqual([
    'Claude Code 2.1.0',
    `  id          ${'1'.repeat(32)}`,
    '  is          cli-agent by Anthropic (claude-code)',
    '  state       running, pid 1001, parent 900',
    '  executable  /usr/bin/node',
    '  user        alice (uid 1000)',
    '  works in    /home/alice/src/app',
    '  signed in   alice@example.org at claude.ai, according to /home/alice/.claude.json',
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
    '          is files of cursor (user): npx, configured in /home/alice/.cursor/mcp.json; risks: version not pinned',
    '    and 3 more',
    '',
    'Risks (2)',
    '  - files latest runs the newest version of its package each time: write a version, such as NAME@1.2.3.',
    '  - Claude Code 2.1.0 acts without asking: start it without this mode, or use it only in a container.',
  ])
})

test('agents show: prints each signal of an unknown agent once, with its weight', async () => {
  const known = unknownAgent('2', { evidence: ['node runs bot.js', 'setsid, no tty'] })
  const lines = linesOf((await run('agents show deskbot', seeing([known]))).out).map((line) => line.trim())
  expect(lines.filter((line) => /setsid|known by/.test(line))).toEqual([
    'known by    node runs bot.js',
    '3  tool-session          setsid, no tty',
  ])
})

test.each<[NonNullable<AgentSighting['attribution']>, string]>([
  [{ how: 'none', because: 'unattended: no session' }, 'acts for    no one: unattended: no session'],
  [
    { how: 'inherited', because: 'its parent', human: { id: '1000', name: 'alice' } },
    'acts for    alice, inherited: its parent',
  ],
])('agents show: prints for whom an agent acts: %j', async (attribution, words) => {
  const { out } = await run('agents show claude-code', seeing([agentSighting('1', { attribution })]))
  expect(linesOf(out).map((line) => line.trim())).toContain(words)
})

test('agents show: prints why an agent is unknown, or what succeeds a discontinued one', async () => {
  const unknown = (await run('agents show deskbot')).out
  expect(unknown).toContain('  is          UNRECOGNISED: not in the catalogue\n')
  expect(unknown).toContain('  signals of an agent, score 7\n      3  tool-session          setsid, no tty\n')
  const ended = (await run('agents show codex')).out
  expect(ended).toContain('  last used   3 d ago\n  ends        2026-01-01; successor codex-next\n')
})

test.each<[string, NonNullable<typeof claude.autonomy>['because']]>([
  ['not known whether it asks', []],
  ['perhaps without asking (environment GOOSE_MODE)', [{ by: 'environment', name: 'GOOSE_MODE' }]],
  [
    'perhaps without asking (configuration settings that cannot be read in /home/x/.claude/settings.json)',
    [{ by: 'configuration', name: 'settings that cannot be read', path: '/home/x/.claude/settings.json' }],
  ],
  [
    'perhaps without asking (configuration settings of a home that was not read)',
    [{ by: 'configuration', name: 'settings of a home that was not read' }],
  ],
])('agents show: prints why it is not known whether an agent asks: %s', async (words, because) => {
  const seen = seeing([{ ...claude, autonomy: { level: 'unknown', because } }])
  expect(linesOf((await run('agents show claude-code', seen)).out)).toContain(`  acts        ${words}`)
})

test.each([
  ['a whole id', '1'.repeat(32), '1'],
  ['the prefix of an id', '1111', '1'],
  ['a process id', '1002', '2'],
  ['the process id of a tool', '1021', '1'],
  ['a name in any case', 'CODEX', '3'],
  ['an entry of the catalogue', 'claude-code', '1'],
])('show takes %s', async (_, wanted, digit) => {
  const { exitCode, out } = await run(`agents show ${wanted} --json`)
  const { schema, agent, servers } = JSON.parse(out)
  expect({ exitCode, schema, id: agent.id, servers }).toEqual({
    exitCode: 0,
    schema: 'surety/agent@1',
    id: digit.repeat(32),
    servers: digit === '1' ? [server] : [],
  })
})

test('agents show: prefers the running one of a name, and refuses several running ones', async () => {
  const installed = agentSighting('7', { state: 'installed' })
  expect(JSON.parse((await run('agents show claude-code --json', seeing([installed, claude]))).out).agent.id[0]).toBe(
    '1',
  )
  const { exitCode, err } = await run('agents show claude-code', seeing([claude, { ...claude, id: '7'.repeat(32) }]))
  expect({ exitCode, err }).toEqual({
    exitCode: 1,
    err: 'surety: "claude-code" matches more than one agent: 11111111 (Claude Code 2.1.0), 77777777 (Claude Code 2.1.0). Give its id [NOT_FOUND]\n',
  })
})

test.each(['nobody', '111', `${'1'.repeat(31)}2`, '99', '', '4444', 'f'.repeat(32), '__proto__', '\u001b[31m'])(
  'agents show: finds nothing for %j, and names the command that lists agents',
  async (wanted) => {
    const { exitCode, out, err } = await run(`agents show ${wanted === '' ? '--' : wanted}`.trim())
    if (wanted === '') return expect(exitCode).toBe(2)
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: must not appear
    expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    expect(err).toContain('List them with: surety agents')
  },
)

test.each([
  ['the beginning of a name', 'Clau'],
  ['the beginning of an entry of the catalogue', 'CLAUDE-'],
])('agents show: takes %s', async (_, wanted) => {
  expect((await run(`agents show ${wanted}`)).out).toContain('Claude Code')
  expect(await run('agents show cl')).toMatchObject({ out: '', exitCode: 1 })
})

test('agents show: escapes control characters in the names of several matches', async () => {
  const named = (digit: string) => agentSighting(digit, { name: 'x\u001b[2J', version: '\n' })
  const { err } = await run('agents show claude-code', seeing([named('1'), named('2')]))
  expect(err).toBe(
    'surety: "claude-code" matches more than one agent: 11111111 (x\\x1b[2J), 22222222 (x\\x1b[2J). Give its id [NOT_FOUND]\n',
  )
})

test.each([
  ['mcp', 'files', 'server', server],
  ['mcp', 'ffff', 'server', server],
  ['extensions', '6666', 'extension', extensionSighting('6')],
  ['runtimes', 'ollama', 'runtime', runtime],
  ['runtimes', '1004', 'runtime', runtime],
  ['files', 'claude.md', 'file', file],
])('%s show %s --json prints the whole sighting', async (list, wanted, one, sighting) => {
  const { exitCode, out } = await run(`${list} show ${wanted} --json`)
  expect([exitCode, JSON.parse(out)]).toEqual([0, { schema: `surety/${one}@1`, [one]: sighting }])
})

test('mcp show: prints one line for each fact, risks first', async () => {
  expect(linesOf((await run('mcp show files')).out)).toEqual([
    'files latest',
    `  id                      ${'f'.repeat(32)}`,
    '  kind                    mcp-server',
    '  risks                   files latest runs the newest version of its package each time: write a version, such as NAME@1.2.3.',
    '  client                  cursor',
    '  scope                   user',
    '  configuration           /home/alice/.cursor/mcp.json',
    '  enabled                 yes',
    '  transport               stdio',
    '  command                 npx',
    '  unpinned                yes',
    '  shell                   no',
    '  cleartext               no',
    '  plaintext secret        no',
    '  writable by others      no',
    expect.stringMatching(/^ {2}launch hash {13}[0-9a-f]{32}$/),
    '  user                    id 1000, name alice',
  ])
})

test.each([
  'mcp show missing',
  'extensions show 1111',
  'runtimes show fff',
  'files show ollama',
  'mcp show claude-code',
])('`%s` finds nothing, and names the command that lists them', async (argv) => {
  const { exitCode, out, err } = await run(argv)
  expect([exitCode, out]).toEqual([1, ''])
  expect(err).toContain(`List them with: surety ${argv.split(' ')[0]}`)
})

test('mcp show: lists several servers with one name', async () => {
  const { exitCode, err } = await run('mcp show files', seeing([server, { ...server, id: 'e'.repeat(32) }]))
  expect([exitCode, err]).toEqual([
    1,
    'surety: "files" matches more than one MCP server: ffffffff (files latest), eeeeeeee (files latest). Give its id [NOT_FOUND]\n',
  ])
})

test('prints any text of a device within the width and without control characters', () => {
  const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
  fc.assert(
    fc.property(anyText({ maxLength: 60 }), fc.integer({ min: 30, max: 120 }), (text, columns) => {
      const hostile: Sighting[] = [
        { ...server, name: text, command: text, configuration: text, environment: [text, text], evidence: [text] },
        {
          ...extensionSighting('6', { name: text, profile: text, permissions: [text], user: { id: '1', name: text } }),
        },
        { ...runtime, name: text, models: [text], listens: [{ port: 1, loopback: false, address: text }] },
        { ...file, name: text, path: text },
      ]
      for (const line of hostile.flatMap((one) => sightingFacts(one, { columns, colour: false }))) {
        expect(line).not.toMatch(control)
        expect(widthOf(line)).toBeLessThanOrEqual(columns)
      }
    }),
    { numRuns: 50 },
  )
})
