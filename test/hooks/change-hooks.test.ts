import { readFileSync, rmSync, statSync } from 'node:fs'
import { chosenClients } from '../../src/hooks/hook-files.ts'
import type { HookClient } from '../../src/protocol/gate/hook-clients.ts'
import { madeSystem, PLACES } from './made-system.ts'

const CLIENTS = chosenClients([]).files.map(({ client }) => client)
const outcomes = (changes: readonly { readonly outcome: string }[]) => [
  ...new Set(changes.map(({ outcome }) => outcome)),
]

test('an install writes each file, and an uninstall leaves nothing of it', async () => {
  using system = madeSystem()
  const before = system.etc()
  const changes = await system.install()
  expect(changes.map(({ client, file }) => [client, file])).toEqual(CLIENTS.map((one) => [one, system.at(PLACES[one])]))
  expect(outcomes(changes)).toEqual(['installed'])
  for (const client of CLIENTS) {
    expect(statSync(system.at(PLACES[client])).mode & 0o7777).toBe(0o644)
    expect(readFileSync(system.at(PLACES[client]), 'utf8')).toContain('/usr/lib/surety/suretyd/surety-hook')
    expect(await system.stateOf(client)).toEqual({ client, state: 'installed', file: system.at(PLACES[client]) })
  }
  expect(outcomes(await system.uninstall())).toEqual(['removed'])
  expect(system.etc()).toEqual(before)
  expect(system.state()).toEqual({ hooks: '700' })
  for (const client of CLIENTS) expect((await system.stateOf(client)).state).toBe('not-installed')
})

test('users can read folders and files under a strict umask', async () => {
  using system = madeSystem()
  const umask = process.umask(0o077)
  try {
    await system.install()
  } finally {
    process.umask(umask)
  }
  expect(Object.values(system.etc()).filter((shown) => !/^(?:755$|644 )/.test(shown))).toEqual([])
  const kept = Object.entries(system.state()).filter(([name]) => name.endsWith('.json'))
  expect(kept).toHaveLength(CLIENTS.length)
  expect(kept.filter(([, shown]) => !shown.startsWith('600 '))).toEqual([])
})

test('a second install changes nothing, not even a time', async () => {
  using system = madeSystem()
  system.write(PLACES.cursor, '{"version": 1}')
  await system.install()
  const [etc, state] = [system.etc(), system.state()]
  const inodes = () => CLIENTS.map((client) => statSync(system.at(PLACES[client]), { bigint: true }))
  const before = inodes()
  expect(outcomes(await system.install())).toEqual(['unchanged'])
  expect([system.etc(), system.state()]).toEqual([etc, state])
  expect(inodes().map(({ ino, mtimeNs }) => [ino, mtimeNs])).toEqual(before.map(({ ino, mtimeNs }) => [ino, mtimeNs]))
})

const JSON_FILES = [
  '',
  '\n',
  '{}',
  '{"version":1}',
  '\ufeff{"version": 1}\n',
  '{\r\n  "version": 1,\r\n  "hooks": {\r\n    "stop": []\r\n  }\r\n}\r\n',
  '{\n\t"hooks": {"preToolUse": [{"command": "./theirs.sh"}], "BeforeTool": [], "pre_run_command": [{"command": "x"}]}\n}',
  '{"note": "\\u00e4 \\ud83d\\ude00 ä 😀", "version": 1}   \n\n\n',
]
const EXISTING: Readonly<Partial<Record<HookClient, readonly string[]>>> = {
  cursor: JSON_FILES,
  windsurf: JSON_FILES,
  'gemini-cli': [...JSON_FILES, '// ours\n{\n  "theme": "x", /* dark */\n  "mcpServers": {}\n}', '{} // end'],
  codex: [
    '',
    '# only a comment',
    'allowed_approval_policies = ["on-request"]',
    '\ufeffa = 1\r\n[features]\r\nhooks = true\r\n',
    '[rules]\nprefix_rules = [{ pattern = ["rm"], decision = "prompt" }]\n\n\n',
  ],
  // These are ours by their name: whatever is there is replaced, and comes back.
  'claude-code': ['', 'not JSON', '{"hooks": {}}', '\u0000\u0001'],
  'copilot-cli': ['', '[', '{"version": 1}\r\n'],
}

test.each(
  Object.entries(EXISTING).flatMap(([client, texts]) => texts.map((text) => [client as HookClient, text] as const)),
)('%s: %j is restored byte for byte', async (client, text) => {
  using system = madeSystem()
  for (const mode of [0o644, 0o600, 0o444]) {
    system.write(PLACES[client], text, mode)
    const before = system.etc()
    expect(outcomes(await system.install([client]))).toEqual(['installed'])
    expect(system.etc()).not.toEqual(before)
    expect(outcomes(await system.install([client], { onlyManaged: true }))).toEqual([
      ['claude-code', 'codex'].includes(client) ? 'installed' : 'unchanged',
    ])
    expect(outcomes(await system.uninstall([client]))).toEqual(['restored'])
    expect(system.etc()).toEqual(before)
    rmSync(system.at(PLACES[client]))
  }
})

test('bytes that are no text come back where the whole file is ours', async () => {
  using system = madeSystem()
  system.write(
    PLACES['claude-code'],
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
  )
  const before = system.etc()
  await system.install(['claude-code'])
  await system.uninstall(['claude-code'])
  expect(system.etc()).toEqual(before)
})

test('only the clients that were named are changed', async () => {
  using system = madeSystem()
  await system.install(['cursor', 'codex'])
  expect(Object.keys(system.etc())).toEqual(['codex', 'codex/requirements.toml', 'cursor', 'cursor/hooks.json'])
  expect(outcomes(await system.uninstall(['windsurf']))).toEqual(['not-installed'])
  await system.uninstall(['cursor'])
  expect(Object.keys(system.etc())).toEqual(['codex', 'codex/requirements.toml'])
  expect(outcomes(await system.uninstall())).toEqual(['not-installed', 'removed'])
})

test('a further install begins with the original, so nothing of the first stays', async () => {
  using system = madeSystem()
  system.write(PLACES.codex, 'a = 1\n')
  await system.install(['codex'])
  const plain = system.etc()
  await system.install(['codex'], { onlyManaged: true })
  expect(system.etc()).not.toEqual(plain)
  await system.install(['codex'])
  expect(system.etc()).toEqual(plain)
  await system.uninstall(['codex'])
  expect(readFileSync(system.at(PLACES.codex), 'utf8')).toBe('a = 1\n')
})

test('a folder that others put something into stays', async () => {
  using system = madeSystem()
  await system.install(['claude-code'])
  system.write('/etc/claude-code/managed-settings.d/60-theirs.json', '{}')
  await system.uninstall(['claude-code'])
  expect(Object.keys(system.etc())).toEqual([
    'claude-code',
    'claude-code/managed-settings.d',
    'claude-code/managed-settings.d/60-theirs.json',
  ])
})

test('a folder that was there before stays, though it is empty', async () => {
  using system = madeSystem()
  system.write('/etc/cursor/x', '')
  rmSync(system.at('/etc/cursor/x'))
  await system.install(['cursor'])
  await system.uninstall(['cursor'])
  expect(Object.keys(system.etc())).toEqual(['cursor'])
})

test('a dry run says what would be done, and does nothing', async () => {
  using system = madeSystem()
  system.write(PLACES.cursor, '{}')
  const before = [system.etc(), system.state()]
  expect(outcomes(await system.install([], { dryRun: true }))).toEqual(['installed'])
  expect([system.etc(), system.state()]).toEqual(before)
  await system.install()
  const after = [system.etc(), system.state()]
  expect(outcomes(await system.uninstall([], { dryRun: true }))).toEqual(['removed', 'restored'])
  expect([system.etc(), system.state()]).toEqual(after)
})

test('a file that a device management wrote counts as installed, and stays', async () => {
  using system = madeSystem()
  await system.install()
  const written = CLIENTS.map((client) => [PLACES[client], readFileSync(system.at(PLACES[client]))] as const)
  using other = madeSystem()
  for (const [path, bytes] of written) other.write(path, bytes)
  const before = other.etc()
  for (const client of CLIENTS) expect((await other.stateOf(client)).state).toBe('installed')
  expect(outcomes(await other.install())).toEqual(['unchanged'])
  expect(outcomes(await other.uninstall())).toEqual(['not-installed'])
  expect(other.etc()).toEqual(before)
})
