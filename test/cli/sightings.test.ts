import fc from 'fast-check'
import { SuretyError } from '../../src/base/errors.ts'
import type { DaemonClient } from '../../src/cli/daemon-client.ts'
import { runCli } from '../../src/cli/surety.ts'
import type { SightingsAnswer } from '../../src/protocol/control.ts'
import type { AgentPart, AgentSighting, Sighting } from '../../src/protocol/sighting.ts'
import { agentTree } from '../../src/view/agent-tree.ts'
import { HEADINGS, inOrder, sightingRow } from '../../src/view/sighting-rows.ts'
import { type Terminal, table } from '../../src/view/terminal.ts'
import { agentSighting, extensionSighting, mcpServerSighting, unknownAgent } from '../support/sample-sightings.ts'

const TIME = Date.UTC(2026, 10, 25, 12)
const PLAIN: Terminal = { columns: undefined, colour: false }
const alice = { uid: 1000, name: 'alice' }

const process = (pid: number) => ({ pid, startTicks: pid, bootId: 'b', parentPid: 900, executable: '/usr/bin/node' })
const part = (
  role: AgentPart['role'],
  pid: number,
  parentPid: number,
  changes: Partial<AgentPart> = {},
): AgentPart => ({
  ...{ role, pid, startTicks: pid, parentPid, executable: `/usr/bin/${role}`, because: 'child' },
  ...changes,
})

const server = mcpServerSighting('f', { user: alice, version: 'latest', unpinned: true })
const claude = agentSighting('1', {
  ...{ vendor: 'Anthropic', user: alice, process: process(1001), workspace: '/home/alice/src/app' },
  flags: ['--dangerously-skip-permissions'],
  autonomy: {
    level: 'autonomous',
    because: [
      { by: 'flag', name: '--dangerously-skip-permissions' },
      { by: 'configuration', name: 'defaultMode', path: '/home/alice/.claude/settings.json' },
    ],
  },
  account: { provider: 'claude.ai', name: 'alice@example.org', path: '/home/alice/.claude.json' },
  attribution: {
    how: 'direct',
    because: 'its session is a login',
    human: alice,
    session: { id: '7', kind: 'terminal', tty: 'pts/3' },
  },
  endpoints: [{ by: 'environment', name: 'ANTHROPIC_BASE_URL', address: 'proxy.example:443' }],
  parts: [
    part('agent', 1001, 900, { because: 'itself' }),
    part('helper', 1010, 1, { because: 'forked by an ancestor that has ended' }),
    part('tool', 1020, 1001),
    part('tool', 1021, 1020),
    part('mcp-server', 1030, 1001, { server: 'f'.repeat(32) }),
  ],
  morePartsCount: 3,
})
const deskbot = unknownAgent('2', { user: alice, process: process(1002) })
const codex = agentSighting('3', {
  ...{ name: 'Codex', catalogueId: 'codex', state: 'installed', path: '/usr/bin/codex', user: alice },
  ...{ endOfLife: '2026-01-01', successor: 'codex-next', lastUsedAt: TIME - 3 * 86_400_000 },
})
const runtime: Sighting = {
  ...{
    kind: 'model-runtime',
    id: '4'.repeat(32),
    name: 'Ollama',
    evidence: [],
    state: 'running',
    process: process(1004),
  },
  ...{ listens: [{ port: 11434, loopback: false }], models: ['llama3', 'qwen'] },
}
const file: Sighting = {
  ...{ kind: 'agent-file', id: '5'.repeat(32), name: 'CLAUDE.md', evidence: [], fileKind: 'instructions' },
  ...{ client: 'claude-code', scope: 'project', path: '/home/alice/src/app/CLAUDE.md', ownerUid: 1001, sizeBytes: 10 },
  ...{ invisibleUnicode: true, writableByOthers: true, user: alice },
}
const ALL: readonly Sighting[] = [codex, claude, deskbot, extensionSighting('6'), server, runtime, file]

function answerOf(items: readonly Sighting[], changes: Partial<SightingsAnswer> = {}): SightingsAnswer {
  return {
    items: [...items],
    mark: `${items.length}`.padStart(32, '0'),
    limitedToCaller: false,
    time: TIME,
    ...changes,
  }
}

const unused = () => Promise.reject(new TypeError('not asked for'))
const daemonOf = (sightings: DaemonClient['sightings']): DaemonClient => ({
  ...{ status: unused, config: unused, refresh: unused },
  sightings,
})

/** A daemon that sees `items`, and tells of the kinds that it is asked for. */
function seeing(items: readonly Sighting[], changes: Partial<SightingsAnswer> = {}): DaemonClient {
  return daemonOf(async ({ kinds }) =>
    answerOf(
      items.filter(({ kind }) => kinds?.includes(kind) ?? true),
      changes,
    ),
  )
}

async function run(argv: string, daemon: DaemonClient = seeing(ALL), terminal: Terminal = PLAIN, signal?: AbortSignal) {
  let [out, err] = ['', '']
  const exitCode = await runCli(
    {
      ...{ daemonAt: () => daemon, readConfig: () => [], now: () => TIME },
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      untilInterrupted: () => signal ?? AbortSignal.abort(),
      pause: async () => undefined,
    },
    { argv: argv.split(' '), socket: '/default.sock', terminal },
  )
  return { exitCode, out, err }
}
const linesOf = (text: string) => text.replace(/\n$/, '').split('\n')

test('agents: what needs a person first, each with an id that can be typed', async () => {
  expect(linesOf((await run('agents')).out)).toEqual([
    '  ID        AGENT              STATE             USER   PROCESS   ACTS        WHERE',
    '  22222222  deskbot            UNKNOWN, running  alice  pid 1002  ?           /usr/bin/node  (score 7)',
    '  11111111  Claude Code 2.1.0  running           alice  pid 1001  AUTONOMOUS  /home/alice/src/app  (--dangerously-skip-permissions)',
    '  33333333  Codex 2.1.0        installed         alice  -         ?           /usr/bin/codex  (ends 2026-01-01)',
  ])
})

test('extensions: AI first and what browsers bring along last, with what they may do and why they are AI', async () => {
  const away = { ai: false, profile: '/tmp/profile/Default' }
  const extensions = [
    extensionSighting('1', { name: 'Brought', ai: false, installSource: 'bundled' }),
    extensionSighting('2', { name: 'Mine', ...away, installSource: 'unpacked', path: '/home/alice/src/mine' }),
    extensionSighting('3', {
      ...{ name: 'Zealous', broadHosts: true, debugger: true, nativeMessagingHosts: ['a.b', 'c.d', 'e.f'] },
      evidence: ['extension id x is Zealous in the catalogue', 'may speak to a.b, a program of Agent'],
    }),
  ]
  expect(linesOf((await run('extensions', seeing(extensions))).out)).toEqual([
    expect.stringMatching(/^ {2}ID +EXTENSION +IN +USER +STATE +FROM +MAY$/),
    expect.stringMatching(
      / AI {2}Zealous .* read every site, drive the browser, speak to a\.b and 2 more {2}\(extension id x is Zealous in the catalogue\)$/,
    ),
    expect.stringMatching(
      / - {3}Mine .*chromium \/tmp\/profile\/Default .*unpacked {2}\(lies in \/home\/alice\/src\/mine\)$/,
    ),
    expect.stringMatching(/ - {3}Brought .*bundled$/),
  ])
})

test('in a narrow terminal a row says what it has, and a bare number what it is', async () => {
  const open = { ...runtime, listens: [{ port: 8899, loopback: false }] }
  const bare: Sighting = {
    ...{ kind: 'model-runtime', id: '9'.repeat(32), name: 'vLLM', evidence: [], state: 'installed' },
    ...{ listens: [], models: [], path: '/usr/local/bin/vllm' },
  }
  const { out } = await run('runtimes', seeing([open, bare]), { columns: 44, colour: false })
  expect(out).toMatch(/listens 8899 FOR ALL/)
  const rest = out.slice(out.indexOf('99999999'))
  expect(rest).toContain('installed')
  expect(rest).not.toMatch(/ - /)
})

test('no word of the last column is broken where there is room below', async () => {
  const flags = ['--dangerously-skip-permissions-and-sandbox']
  const { out } = await run('agents', seeing([{ ...claude, flags }]), { columns: 110, colour: false })
  expect(out).toContain(flags[0])
})

test('extensions, MCP servers, model runtimes and files of agents say what to beware of', async () => {
  expect([
    linesOf((await run('extensions')).out).at(-1),
    linesOf((await run('mcp')).out).at(-1),
    linesOf((await run('runtimes')).out).at(-1),
    linesOf((await run('files')).out).at(-1),
  ]).toEqual([
    '  66666666  AI  Helper     chromium/Default  -     enabled  store',
    '  ffffffff  files latest  enabled  cursor  alice  npx     any version  /home/alice/.cursor/mcp.json',
    '  44444444  Ollama   running  -     pid 1004  11434 FOR ALL  llama3, qwen  /usr/bin/node',
    '  55555555  CLAUDE.md  instructions  claude-code  project  uid 1001  invisible characters, others may change it  /home/alice/src/app/CLAUDE.md',
  ])
})

test.each([
  ['agents', 'surety/agents@1', 'agents', [codex, claude, deskbot]],
  ['extensions', 'surety/extensions@1', 'extensions', [extensionSighting('6')]],
  ['mcp', 'surety/mcp@1', 'servers', [server]],
  ['runtimes', 'surety/runtimes@1', 'runtimes', [runtime]],
  ['files', 'surety/files@1', 'files', [file]],
])('%s --json is one document of its own schema', async (name, schema, member, items) => {
  expect(JSON.parse((await run(`${name} --json`)).out)).toEqual({ schema, [member]: items })
})

test('nothing seen is said in words, and that others may have something', async () => {
  const outs = await Promise.all(
    ['agents', 'extensions', 'mcp', 'runtimes', 'files'].map(async (name) => (await run(name, seeing([]))).out),
  )
  expect(outs).toEqual([
    'no agents were seen\n',
    'no extensions were seen\n',
    'no MCP servers were seen\n',
    'no model runtimes were seen\n',
    'no files of agents were seen\n',
  ])
  const { out } = await run('agents', seeing([], { limitedToCaller: true }))
  expect(out).toBe('no agents were seen\nWhat belongs to other users is not shown: ask as root.\n')
})

test('ids are as long as it takes to tell them apart', async () => {
  const twins = ['a', 'b'].map((last) => ({ ...agentSighting('1'), id: `${'1'.repeat(11)}${last}${'0'.repeat(20)}` }))
  const lines = linesOf((await run('agents', seeing(twins))).out)
  expect(lines.slice(1).map((line) => line.split(/ +/)[1])).toEqual(['11111111111a', '11111111111b'])
})

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

test('show: an unknown one says why, one past its end what takes its place', async () => {
  const unknown = (await run('agents show deskbot')).out
  expect(unknown).toContain('  is          UNKNOWN: no entry of the catalogue matches it\n')
  expect(unknown).toContain('  taken for an agent, score 7\n      3  tool-session          setsid, no tty\n')
  const ended = (await run('agents show codex')).out
  expect(ended).toContain('  last used   3 d ago\n  ends        2026-01-01; codex-next takes its place\n')
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

describe('--watch', () => {
  /** A daemon that gives one answer after another, then is interrupted. */
  function telling(answers: readonly (SightingsAnswer | SuretyError)[]) {
    const stop = new AbortController()
    const asked: (string | undefined)[] = []
    const left = [...answers]
    const daemon = daemonOf(async ({ unlike }) => {
      asked.push(unlike)
      const next = left.shift()
      if (left.length === 0) stop.abort()
      if (next instanceof SuretyError) throw next
      return next ?? answerOf([])
    })
    return { daemon, asked, signal: stop.signal }
  }
  const away = new SuretyError('DAEMON_UNREACHABLE', 'nobody answers')
  const watch = async (
    answers: readonly (SightingsAnswer | SuretyError)[],
    argv: string,
    terminal: Terminal = PLAIN,
  ) => {
    const { daemon, asked, signal } = telling(answers)
    return { ...(await run(argv, daemon, terminal, signal)), asked }
  }

  test('in a pipe: all at first, then a line for what came, changed and went', async () => {
    const renamed = { ...claude, flags: [] }
    const moved = { ...renamed, parts: [] }
    const { exitCode, out, asked } = await watch(
      [
        answerOf([claude]),
        answerOf([claude, deskbot]),
        answerOf([renamed, deskbot], { mark: 'a' }),
        // What no column shows is no line.
        answerOf([moved, deskbot], { mark: 'b' }),
        answerOf([deskbot]),
      ],
      'agents --watch',
    )
    expect({ exitCode, asked }).toEqual({
      exitCode: 0,
      asked: [undefined, '1'.padStart(32, '0'), '2'.padStart(32, '0'), 'a', 'b'],
    })
    expect(linesOf(out).slice(2)).toEqual([
      '  2026-11-25T12:00:00Z  +  deskbot  UNKNOWN, running  alice  pid 1002  ?  /usr/bin/node  (score 7)',
      '  2026-11-25T12:00:00Z  ~  Claude Code 2.1.0  running  alice  pid 1001  AUTONOMOUS  /home/alice/src/app',
      '  2026-11-25T12:00:00Z  -  Claude Code 2.1.0  running  alice  pid 1001  AUTONOMOUS  /home/alice/src/app',
    ])
  })

  test('with --json: a document a line, and only where something else is told', async () => {
    const same = answerOf([claude])
    const { out } = await watch([same, same, answerOf([])], 'agents --watch --json')
    expect(linesOf(out).map((line) => JSON.parse(line))).toEqual([
      { schema: 'surety/agents@1', agents: [claude], time: TIME },
      { schema: 'surety/agents@1', agents: [], time: TIME },
    ])
  })

  test('on a terminal: redrawn in place, within its lines, nothing foreign among its escapes', async () => {
    const many = Array.from({ length: 30 }, (_, i) => ({
      ...deskbot,
      name: `\u001b]0;x\u0007${i}`,
      id: `${i}`.padStart(32, '0'),
    }))
    const { out } = await watch([answerOf(many)], 'agents --watch', { columns: 80, rows: 24, colour: false })
    expect(out.startsWith('\u001b[H\u001b[J')).toBe(true)
    expect(out.split('\u001b')).toHaveLength(3)
    expect(linesOf(out).length).toBeLessThan(24)
    expect(out).toContain('… and 40 lines more')
  })

  test('a daemon that goes away is waited for, said once, and said to be back', async () => {
    const { exitCode, err } = await watch([answerOf([claude]), away, away, answerOf([])], 'agents --watch')
    expect({ exitCode, err }).toEqual({
      exitCode: 0,
      err: 'surety: the daemon is gone; waiting for it\nsurety: the daemon answers again\n',
    })
  })

  test.each([
    ['is not there', away, 6],
    ['does not permit it', new SuretyError('NOT_PERMITTED', 'no'), 1],
    ['is another', new SuretyError('INPUT_MALFORMED', 'no'), 1],
  ])('a daemon that %s at first ends it', async (_, error, exitCode) => {
    expect(await watch([error, error], 'agents --watch')).toMatchObject({ exitCode, out: '' })
  })

  test('a daemon that refuses later ends it too', async () => {
    const refusal = new SuretyError('NOT_PERMITTED', 'no')
    expect(await watch([answerOf([]), refusal, refusal], 'agents --watch')).toMatchObject({ exitCode: 1 })
  })
})

describe('whatever a device says', () => {
  const hostile = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('x'.repeat(4000)))
  const all = (text: string): Sighting[] => {
    const hostileUser = { uid: 1, name: text }
    const parts = [part('agent', 1, 2, { executable: text, because: text }), part('tool', 2, 1, { because: text })]
    const agent: AgentSighting = {
      ...deskbot,
      ...{ name: text, version: text, catalogueId: text, vendor: text, user: hostileUser, workspace: text, path: text },
      ...{ flags: [text], evidence: [text], endOfLife: text, successor: text, place: { kind: 'docker', id: text } },
      account: { provider: text, name: text, path: text },
      attribution: { how: 'none', because: text, session: { id: text, kind: 'remote', tty: text } },
      autonomy: { level: 'autonomous', because: [{ by: 'flag', name: text, path: text }] },
      endpoints: [{ by: 'socket', name: text, address: text }],
      signals: [{ name: text, weight: 1, detail: text }],
      parts,
    }
    return [
      agent,
      extensionSighting('6', { name: text, product: text, profile: text, user: hostileUser }),
      mcpServerSighting('2', { name: text, client: text, command: text, configuration: text, endpoint: text }),
      { ...runtime, name: text, models: [text] },
      { ...file, name: text, client: text, path: text },
    ]
  }
  const linesFor = (text: string, terminal: Terminal) =>
    all(text).flatMap((sighting) => [
      ...table(inOrder([sighting]).map(sightingRow), terminal, { heading: HEADINGS[sighting.kind] }),
      ...(sighting.kind === 'agent' ? agentTree(sighting, { servers: new Map(), nowMs: TIME }, terminal) : []),
    ])

  test('nothing of it reaches a terminal as anything but text', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(undefined, 40, 80), (text, columns) =>
        linesFor(text, { columns, colour: false }).every((line) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line)),
      ),
      { numRuns: 50 },
    )
  })

  test('no line is longer than the terminal is wide, from 40 columns on', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 40, max: 200 }), (text, columns) =>
        linesFor(text, { columns, colour: false }).every((line) => line.length <= columns),
      ),
      { numRuns: 50 },
    )
  })

  test('colour only lies over the words', () => {
    for (const columns of [undefined, 40, 100]) {
      const [plain, coloured] = [false, true].map((colour) =>
        ALL.flatMap((sighting) => [
          ...table([sightingRow(sighting)], { columns, colour }, { heading: HEADINGS[sighting.kind] }),
          ...(sighting.kind === 'agent'
            ? agentTree(sighting, { servers: new Map(), nowMs: TIME }, { columns, colour })
            : []),
        ]).join('\n'),
      )
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
      expect(coloured?.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
      expect(coloured).not.toBe(plain)
    }
  })

  test.each<[NonNullable<AgentSighting['place']>, readonly string[]]>([
    [
      { kind: 'docker', id: 'abc', unread: 'its-home' },
      ['inside docker abc', 'not read its home: nobody looked for accounts, settings and servers in there'],
    ],
    [
      { kind: 'wsl', id: 'wsl', unread: 'homes-of-windows' },
      ['inside wsl wsl', 'not read homes of Windows, whose guest this system is'],
    ],
    [{ kind: 'flatpak', id: 'dev.zed.Zed' }, ['inside flatpak dev.zed.Zed']],
  ])('of an agent in %j it is said what was not looked into', (place, said) => {
    const lines = agentTree({ ...claude, place }, { servers: new Map(), nowMs: TIME }, PLAIN)
    const words = lines.map((line) => line.trim().replaceAll(/\s+/g, ' '))
    expect(words.filter((line) => /^(inside|not read) /.test(line))).toEqual(said)
  })

  test('parts that are their own ancestors are told once each', () => {
    const circle = [part('agent', 1, 3), part('tool', 2, 3), part('tool', 3, 2), part('tool', 4, 4), part('tool', 1, 1)]
    const lines = agentTree({ ...claude, parts: circle, morePartsCount: 0 }, { servers: new Map(), nowMs: TIME }, PLAIN)
    expect(lines.filter((line) => /(agent|tool) \d/.test(line))).toHaveLength(circle.length)
  })
})
