import fc from 'fast-check'
import type { AgentSighting, Sighting } from '../../../src/protocol/sighting.ts'
import { agentTree } from '../../../src/view/sightings/agent-tree.ts'
import { inOrder, KIND_VIEWS, sightingRow } from '../../../src/view/sightings/sighting-rows.ts'
import { type Terminal, table, widthOf } from '../../../src/view/terminal.ts'
import { anyText } from '../../support/any-text.ts'
import { agentSighting, extensionSighting, mcpServerSighting } from '../../support/protocol/sample-sightings.ts'
import {
  ALL,
  claude,
  codex,
  deskbot,
  file,
  linesOf,
  PLAIN,
  part,
  run,
  runtime,
  seeing,
  server,
  TIME,
  tableOf,
} from '../seen-on-a-device.ts'

test('says below the list and in the document that sources could not be read', async () => {
  const words = async (name: string, unread: number) => linesOf((await run(name, seeing(ALL, { unread }))).out).at(-1)
  expect(await words('extensions', 1)).toBe('1 source could not be read. For details run: surety status')
  expect(await words('mcp', 12)).toBe('12 sources could not be read. For details run: surety status')
  const { out } = await run('extensions --json', seeing([], { unread: 3 }))
  expect(JSON.parse(out)).toMatchObject({ extensions: [], unread: 3 })
  expect((await run('extensions show x', seeing([], { unread: 1 }))).err).toContain('1 source could not be read')
})

test('says below the list what each risk means and how to end it', async () => {
  const [line, ...others] = linesOf((await run('mcp')).out.split('\n\n')[1] ?? '')
  expect([line, others]).toEqual([
    'Risks (1)',
    ['  - files latest runs the newest version of its package each time: write a version, such as NAME@1.2.3.'],
  ])
})

test('is in English only, and offers no other language', async () => {
  expect(await run('mcp --lang de')).toMatchObject({ out: '', exitCode: 2 })
  expect((await run('mcp')).out).toContain('runs the newest version of its package each time')
})

test('agents: lists what needs attention first, with short ids', async () => {
  expect(tableOf((await run('agents')).out)).toEqual([
    '  ID        AGENT              STATE                  USER   PROCESS   AUTONOMY    WHERE',
    '  22222222  deskbot            UNRECOGNISED, running  alice  pid 1002  not known   /usr/bin/node  (score 7)',
    '  11111111  Claude Code 2.1.0  running                alice  pid 1001  AUTONOMOUS  /home/alice/src/app  (--dangerously-skip-permissions)',
    '  33333333  Codex 2.1.0        installed              alice  -         not known   /usr/bin/codex  (ends 2026-01-01)',
  ])
})

test('extensions: lists AI first and bundled ones last, with permissions and reasons', async () => {
  const away = { ai: false, profile: '/tmp/profile/Default' }
  const extensions = [
    extensionSighting('1', { name: 'Bundled', ai: false, installSource: 'bundled' }),
    extensionSighting('2', { name: 'Mine', ...away, installSource: 'unpacked', path: '/home/alice/src/mine' }),
    extensionSighting('3', {
      name: 'Zealous',
      broadHosts: true,
      debugger: true,
      nativeMessagingHosts: ['a.b', 'c.d', 'e.f'],
      evidence: ['extension id x is Zealous in the catalogue', 'may speak to a.b, a program of Agent'],
    }),
  ]
  expect(tableOf((await run('extensions', seeing(extensions))).out)).toEqual([
    expect.stringMatching(/^ {2}ID +AI +EXTENSION +IN +USER +STATE +FROM +MAY$/),
    expect.stringMatching(
      / AI {2}Zealous .* read every site, drive the browser, talk to a\.b and 2 more {2}\(extension id x is Zealous in the catalogue\)$/,
    ),
    expect.stringMatching(
      / - {3}Mine .*chromium \/tmp\/profile\/Default .*unpacked {2}\(in \/home\/alice\/src\/mine\)$/,
    ),
    expect.stringMatching(/ - {3}Bundled .*bundled$/),
  ])
})

test('folds rows like their heading in a narrow terminal', async () => {
  const open = { ...runtime, listens: [{ port: 8899, loopback: false }] }
  const bare: Sighting = {
    kind: 'model-runtime',
    id: '9'.repeat(32),
    name: ' ',
    evidence: [],
    state: 'installed',
    listens: [],
    models: [],
    path: '/usr/local/bin/vllm',
  }
  const { out } = await run('runtimes', seeing([open, bare]), { columns: 44, colour: false })
  expect(tableOf(out)).toEqual([
    '  ID        RUNTIME    STATE      USER',
    '    PROCESS   LISTENS',
    '    MODELS        WHERE',
    '  44444444  Ollama     running    -',
    '    pid 1004  8899 on all addresses',
    '    llama3, qwen  /usr/bin/node',
    '  99999999  (no name)  installed  -',
    '    -         -',
    '    -             /usr/local/bin/vllm',
  ])
})

test.each([40, 60, 80, 100, 200])('gives each row as many lines as its heading at %i columns', async (columns) => {
  for (const name of ['agents', 'extensions', 'mcp', 'runtimes', 'files']) {
    const lines = tableOf((await run(name, seeing(ALL), { columns, colour: false })).out)
    expect(lines[0]).toMatch(/^ {2}ID {8}/)
    // Rows and heading begin at the margin, folded lines are indented.
    expect(lines.filter((line) => /^ {2}[0-9a-f]{8}/.test(line)).length).toBe(
      lines.filter((line) => /^ {2}\S/.test(line)).length - 1,
    )
  }
})

test('keeps columns aligned for names of double width', async () => {
  const wide = { ...deskbot, name: 'плохо-имя-日本語' }
  const lines = tableOf((await run('agents', seeing([wide, claude]))).out)
  const starts = lines.map((line) => widthOf(line.slice(0, line.search(/STATE|UNRECOGNISED|running/))))
  expect(new Set(starts).size).toBe(1)
})

test('breaks no word of the last column if there is room below', async () => {
  const flags = ['--dangerously-skip-permissions-and-sandbox']
  const { out } = await run('agents', seeing([{ ...claude, flags }]), { columns: 110, colour: false })
  expect(out).toContain(flags[0])
})

test('shows the risks of MCP servers, model runtimes and agent files', async () => {
  expect([
    tableOf((await run('extensions')).out).at(-1),
    tableOf((await run('mcp')).out).at(-1),
    tableOf((await run('runtimes')).out).at(-1),
    tableOf((await run('files')).out).at(-1),
  ]).toEqual([
    '  66666666  AI  Helper     chromium/Default  -     enabled  store',
    '  ffffffff  files latest  enabled  cursor  alice  npx     version not pinned  /home/alice/.cursor/mcp.json',
    '  44444444  Ollama   running  -     pid 1004  11434 on all addresses  llama3, qwen  /usr/bin/node',
    '  55555555  CLAUDE.md  instructions  claude-code  project  uid 1001  invisible characters, writable by others  /home/alice/src/app/CLAUDE.md',
  ])
})

test.each([
  ['agents', 'surety/agents@1', 'agents', [codex, claude, deskbot]],
  ['extensions', 'surety/extensions@1', 'extensions', [extensionSighting('6')]],
  ['mcp', 'surety/mcp@1', 'servers', [server]],
  ['runtimes', 'surety/runtimes@1', 'runtimes', [runtime]],
  ['files', 'surety/files@1', 'files', [file]],
])('%s --json prints one document with its schema', async (name, schema, member, items) => {
  expect(JSON.parse((await run(`${name} --json`)).out)).toEqual({ schema, [member]: items, limitedToCaller: false })
})

test('says that nothing was found, and that other users may have something', async () => {
  const outs = await Promise.all(
    ['agents', 'extensions', 'mcp', 'runtimes', 'files'].map(async (name) => (await run(name, seeing([]))).out),
  )
  expect(outs).toEqual([
    'no agents found\n',
    'no extensions found\n',
    'no MCP servers found\n',
    'no model runtimes found\n',
    'no agent files found\n',
  ])
  const { out } = await run('agents', seeing([], { limitedToCaller: true }))
  expect(out).toBe('no agents found\nItems of other users are not shown. Run this as root to see all.\n')
})

test('shows ids long enough to differ', async () => {
  const twins = ['a', 'b'].map((last) => ({ ...agentSighting('1'), id: `${'1'.repeat(11)}${last}${'0'.repeat(20)}` }))
  const lines = linesOf((await run('agents', seeing(twins))).out)
  expect(lines.slice(1).map((line) => line.split(/ +/)[1])).toEqual(['11111111111a', '11111111111b'])
})

test.each([
  ['agents', '--json'],
  ['agents', 'show', deskbot.id, '--json'],
])('%s %s: escapes JSON for a terminal', async (...args) => {
  const name = 'desk\u009b31m\u202ebot\u007f'
  const { out } = await run(args.join(' '), seeing([{ ...deskbot, name }]))
  expect(out).toContain('desk\\u009b31m\\u202ebot\\u007f')
  expect(out).not.toMatch(/[^ -~\n]/)
})

describe('any text of a device', () => {
  const hostile = fc.oneof(anyText({ maxLength: 300 }), fc.constant('x'.repeat(4000)))
  const all = (text: string): Sighting[] => {
    const hostileUser = { id: '1', name: text }
    const parts = [part('agent', 1, 2, { executable: text, because: text }), part('tool', 2, 1, { because: text })]
    const agent: AgentSighting = {
      ...deskbot,
      name: text,
      version: text,
      catalogueId: text,
      vendor: text,
      user: hostileUser,
      workspace: text,
      path: text,
      flags: [text],
      evidence: [text],
      endOfLife: text,
      successor: text,
      container: { kind: 'docker', id: text },
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
      ...table(inOrder([sighting]).map(sightingRow), terminal, { heading: KIND_VIEWS[sighting.kind].heading }),
      ...(sighting.kind === 'agent' ? agentTree(sighting, { servers: new Map(), nowMs: TIME }, terminal) : []),
    ])

  test('never reaches a terminal as control characters', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(undefined, 40, 80), (text, columns) =>
        linesFor(text, { columns, colour: false }).every((line) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line)),
      ),
      { numRuns: 50 },
    )
  })

  test('fits into the width from 30 columns on', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 30, max: 200 }), (text, columns) =>
        linesFor(text, { columns, colour: false }).every((line) => widthOf(line) <= columns),
      ),
      { numRuns: 50 },
    )
  })

  test('is the same with and without colour', () => {
    for (const columns of [undefined, 40, 100]) {
      const [plain, coloured] = [false, true].map((colour) =>
        ALL.flatMap((sighting) => [
          ...table([sightingRow(sighting)], { columns, colour }, { heading: KIND_VIEWS[sighting.kind].heading }),
          ...(sighting.kind === 'agent'
            ? agentTree(sighting, { servers: new Map(), nowMs: TIME }, { columns, colour })
            : []),
        ]).join('\n'),
      )
      // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for escape sequences
      expect(coloured?.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
      expect(coloured).not.toBe(plain)
    }
  })

  test.each<[NonNullable<AgentSighting['container']>, readonly string[]]>([
    [
      { kind: 'docker', id: 'abc', unread: 'its-home' },
      ['inside docker abc', 'not read homes in the container, so its accounts, settings and servers are not known'],
    ],
    [{ kind: 'wsl', id: 'wsl', unread: 'homes-of-windows' }, ['inside wsl wsl', 'not read homes of the Windows host']],
    [{ kind: 'flatpak', id: 'dev.zed.Zed' }, ['inside flatpak dev.zed.Zed']],
  ])('shows what was not read for an agent in %j', (container, expected) => {
    const lines = agentTree({ ...claude, container }, { servers: new Map(), nowMs: TIME }, PLAIN)
    const words = lines.map((line) => line.trim().replaceAll(/\s+/g, ' '))
    expect(words.filter((line) => /^(inside|not read) /.test(line))).toEqual(expected)
  })

  test('prints parts in a cycle once each', () => {
    const circle = [part('agent', 1, 3), part('tool', 2, 3), part('tool', 3, 2), part('tool', 4, 4), part('tool', 1, 1)]
    const lines = agentTree({ ...claude, parts: circle, morePartsCount: 0 }, { servers: new Map(), nowMs: TIME }, PLAIN)
    expect(lines.filter((line) => /(agent|tool) \d/.test(line))).toHaveLength(circle.length)
  })
})

test('says that a list is incomplete, also when an item is not found', async () => {
  const some = seeing([claude], { leftOut: 812 })
  expect(linesOf((await run('agents', some)).out).at(-1)).toBe(
    '812 more do not fit into one answer and are not shown. The directory has all of them.',
  )
  expect(JSON.parse((await run('agents --json', some)).out)).toEqual({
    schema: 'surety/agents@1',
    agents: [claude],
    limitedToCaller: false,
    leftOut: 812,
  })
  const { err, exitCode } = await run('agents show deskbot', some)
  expect([exitCode, err]).toEqual([
    1,
    expect.stringMatching(/no agent matches .* 812 more do not fit into one answer/s),
  ])
})

test.each(['agents', 'extensions', 'mcp', 'runtimes', 'files'])(
  '%s --json says that other users may have something',
  async (name) => {
    const { out } = await run(`${name} --json`, seeing([], { limitedToCaller: true }))
    expect(JSON.parse(out)).toMatchObject({ limitedToCaller: true })
  },
)

test('says that an agent that was not found may belong to another user', async () => {
  const { err } = await run('agents show deskbot', seeing([], { limitedToCaller: true }))
  expect(err).toMatch(/no agent matches .* Items of other users are not shown\. Run this as root/s)
})
