import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { silentLog } from '../../src/base/log.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../src/discovery/catalogue/catalogue.ts'
import { DISCOVERY_TASKS, TASK_SOURCES } from '../../src/discovery/home-reader.ts'
import { homeMemories } from '../../src/reader/home-memories.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { readScreenLocks } from '../../src/reader/screen-locks.ts'
import { startProgram } from '../../src/system/command.ts'
import type { LocalUser } from '../../src/system/users.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { bundled } from '../support/bundled.ts'
import { type FixtureHome, fixtureHome, writeChromiumProfile, writeFirefoxProfile } from '../support/fixture-home.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CHILD = join(import.meta.dirname, '../../src/main-reader.ts')
const ROOT = process.geteuid?.() === 0
/** Somebody else where we may become somebody else. */
const OWNER = ROOT ? { uid: 12_345, gid: 12_346 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const SIDER = 'difoiogjjojoaoomphldepapgpbgkhkb'
const PROFILE = '.config/chromium/Default'
const signal = new AbortController().signal

function userOf(home: FixtureHome, more: Partial<LocalUser> = {}): LocalUser {
  return { ...OWNER, name: 'alice', home: home.path, shell: '/bin/bash', kind: 'human', ...more }
}

function readerOf(command: readonly string[] = [CHILD], timeoutMs = 20_000) {
  return homeReader({ startProgram, clock: new FakeClock() }, { command: [process.execPath, ...command], timeoutMs })
}

async function look(home: FixtureHome, reader = readerOf(), user = userOf(home)) {
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  const request = { user, catalogue: builtInCatalogue(), tasks: DISCOVERY_TASKS }
  const found = await reader.readHome(request, { signal })
  const states = found.sources.map(({ source, state, path }) => [source, state, path?.replace(home.path, '~')])
  return { ...found, states, names: found.sightings.map(({ name }) => name) }
}

const ALL_PARSED = [
  ['installed-agents', 'parsed', '~'],
  ['model-runtimes', 'parsed', '~'],
  ['chromium-extensions', 'parsed', '~'],
  ['firefox-extensions', 'parsed', '~'],
  ['editor-extensions', 'parsed', '~'],
  ['mcp-servers', 'parsed', '~'],
  ['agent-files', 'parsed', '~'],
]

test('a home is read by a child: agents, extensions, and what became of each source', async () => {
  using home = fixtureHome()
  home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '3.0.65' })
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '5.1' } }])
  const addon = { id: 'x@y', type: 'extension', defaultLocale: { name: 'Fox' } }
  writeFirefoxProfile(home, '.mozilla/firefox', [addon])
  const { names, states, sightings } = await look(home)
  expect(names).toEqual(['Cline CLI', 'Sider', 'Fox'])
  expect(new Set(sightings.map(({ user }) => user?.uid))).toEqual(new Set([OWNER.uid]))
  expect(states).toEqual([
    ['installed-agents', 'parsed', '~'],
    ['model-runtimes', 'parsed', '~'],
    ['chromium-extensions', 'parsed', `~/${PROFILE}`],
    ['chromium-extensions', 'parsed', '~'],
    ['firefox-extensions', 'parsed', '~/.mozilla/firefox/abcd.default'],
    ['firefox-extensions', 'parsed', '~'],
    ['editor-extensions', 'parsed', '~'],
    ['mcp-servers', 'parsed', '~'],
    ['agent-files', 'parsed', '~'],
  ])
})

test('a catalogue that says nothing of browsers means those of the program, one that names others those alone', async () => {
  using home = fixtureHome()
  const extension = { id: SIDER, manifest: { name: 'Sider', version: '5.1' } }
  writeChromiumProfile(home, PROFILE, [extension])
  writeChromiumProfile(home, '.novel/Default', [extension])
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  const { browsers: _, ...silent } = builtInCatalogue()
  const novel = { id: 'novel', name: 'Novel', family: 'chromium', sources: ['observed'] } as const
  const products = async (catalogue: Catalogue) => {
    const request = { user: userOf(home), catalogue, tasks: ['chromium'] as const }
    const { sightings } = await readerOf().readHome(request, { signal })
    return sightings.map((each) => 'product' in each && each.product)
  }
  expect(await products(silent)).toEqual(['chromium'])
  const browsers = [{ ...novel, sources: ['observed'], linux: { profiles: [{ path: '~/.novel' }] } }]
  expect(await products({ ...silent, browsers })).toEqual(['novel'])
  expect(await products({ ...silent, browsers: [] })).toEqual([])
})

test('profiles that processes named are read with the rights of their person, and no others', async () => {
  using home = fixtureHome()
  using temporary = fixtureHome()
  // Neither in the home nor where temporary files lie.
  using outside = fixtureHome('/dev/shm')
  const extension = { id: SIDER, manifest: { name: 'Sider', version: '5.1' } }
  writeChromiumProfile(home, 'work/profile/Default', [extension])
  writeChromiumProfile(temporary, 'Default', [extension])
  writeChromiumProfile(outside, 'Default', [extension])
  writeFirefoxProfile(temporary, 'fox', [{ id: 'x@y', type: 'extension' }])
  home.link('linked', temporary.path)
  for (const each of ROOT ? [home, temporary, outside] : []) each.giveTo(OWNER.uid, OWNER.gid)
  const chromium = (path: string) => ({ family: 'chromium', product: 'chromium', path }) as const
  const request = {
    ...{ user: userOf(home), catalogue: builtInCatalogue(), tasks: ['chromium', 'firefox'] as const },
    profiles: [
      ...[
        home.at('work/profile'),
        temporary.path,
        home.at('linked'),
        home.path,
        outside.path,
        `/tmp/..${outside.path}`,
      ].map(chromium),
      { family: 'firefox', product: 'firefox', path: temporary.at('fox/abcd.default') } as const,
    ],
  }
  const { sightings, sources } = await readerOf().readHome(request, { signal })
  expect(sightings.map((each) => [each.name, 'profile' in each && each.profile])).toEqual([
    ['Sider', '~/work/profile/Default'],
    ['Sider', `${temporary.path}/Default`],
    ['x@y', `${temporary.path}/fox/abcd.default`],
  ])
  expect(sources.map(({ state, path }) => [state, path])).toEqual([
    ['parsed', home.at('work/profile/Default')],
    ['parsed', `${temporary.path}/Default`],
    ['unreadable', home.at('linked')],
    ['parsed', home.path],
    ['parsed', `${temporary.path}/fox/abcd.default`],
    ['parsed', home.path],
  ])
})

test('how servers are started is told to the daemon, keyed, beside what is told to all', async () => {
  using home = fixtureHome()
  home.write('.cursor/mcp.json', {
    mcpServers: { web: { url: 'https://x.example' }, a: { command: 'CANARY', args: ['CANARY'] } },
  })
  const { launches, sightings } = await look(home)
  const program = sightings.find(({ name }) => name === 'a')
  const form = expect.stringMatching(/^[0-9a-f]{32}$/)
  const forms = { exact: form, loose: form, program: form }
  expect(launches).toEqual([{ server: program?.id, forms, alsoOf: ['cursor-agent'] }])
  expect(JSON.stringify(launches)).not.toContain('CANARY')
})

test('which model a file of weights is, is told to the daemon of files in that home alone', async () => {
  using home = fixtureHome()
  const digest = `sha256:${'a'.repeat(64)}`
  home.write('.ollama/models/manifests/registry.ollama.ai/library/llama3.2/3b', {
    layers: [{ mediaType: 'application/vnd.ollama.image.model', digest }],
  })
  const blob = { path: home.at(`.ollama/models/blobs/sha256-${'a'.repeat(64)}`), name: 'llama3.2:3b' }
  expect((await look(home)).blobs).toEqual([blob])
  using folder = temporaryFolder()
  const elsewhere = [
    blob,
    { path: '/home/bob/.ollama/models/blobs/x', name: 'y' },
    { path: `${home.path}x/z`, name: 'z' },
  ]
  const answer = { task: 'runtimes', sightings: [], sources: [], blobs: elsewhere }
  const liar = join(folder.path, 'liar.mjs')
  writeFileSync(liar, `process.stdin.resume(); console.log(${JSON.stringify(JSON.stringify(answer))}); process.exit()`)
  chmodSync(folder.path, 0o755)
  expect((await look(home, readerOf([liar]))).blobs).toEqual([blob])
})

test('a second look by another child finds the same, and its memory is handed on without a look at it', async () => {
  using home = fixtureHome()
  using folder = temporaryFolder()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '5.1' } }])
  const memories = homeMemories({ log: silentLog }, { folder: join(folder.path, 'memories') })
  const remembering = homeReader(
    { startProgram, clock: new FakeClock(), memories },
    { command: [process.execPath, CHILD] },
  )
  const first = await look(home, remembering)
  const again = await look(home, remembering)
  expect([first.names, again.names, again.states]).toEqual([['Sider'], ['Sider'], first.states])
  expect(existsSync(join(folder.path, 'memories', String(OWNER.uid)))).toBe(true)
})

test('a memory that is no text is forgotten, and the home is read all the same', async () => {
  using home = fixtureHome()
  using folder = temporaryFolder()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '5.1' } }])
  const lines: unknown[] = []
  const log = { ...silentLog, warn: (...line: unknown[]) => lines.push(line) }
  const memories = homeMemories({ log }, { folder: join(folder.path, 'memories') })
  const init = { command: [process.execPath, CHILD] as const }
  const remembering = homeReader({ startProgram, clock: new FakeClock(), memories }, init)
  await look(home, remembering)
  const file = join(folder.path, 'memories', String(OWNER.uid))
  const bytes = readFileSync(file)
  bytes[bytes.length - 1] = 0xff
  writeFileSync(file, bytes)
  expect([(await look(home, remembering)).names, lines.length]).toEqual([['Sider'], 1])
  expect([(await look(home, remembering)).names, lines.length]).toEqual([['Sider'], 1])
})

test('the screen lock is read by the same child', async () => {
  using home = fixtureHome()
  home.write('.config/kscreenlockerrc', '[Daemon]\nAutolock=true\nTimeout=5\n')
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  expect(await readerOf().readScreenLock(userOf(home), { signal })).toEqual({
    gnome: {},
    kde: { autolock: true, timeoutMinutes: 5 },
  })
})

test('a screen lock that cannot be read says why', async () => {
  using home = fixtureHome()
  home.link('.config', '/etc')
  const before = statSync('/etc/passwd').uid
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  // What a link in a fixture leads to belongs to the machine.
  expect(statSync('/etc/passwd').uid).toBe(before)
  await expect(readerOf().readScreenLock(userOf(home), { signal })).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: expect.stringContaining('is a link'),
  })
})

test('everybody who has a home is asked for their screen lock, and who could not be read is named', async () => {
  using home = fixtureHome()
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  const alice = userOf(home)
  const users = { list: async () => [alice, { ...alice, name: 'bin', kind: 'system' as const }] }
  const homes = readerOf()
  expect(await readScreenLocks({ homes, users }, { uid: 0 }, { signal })).toEqual([
    { user: 'alice', settings: { gnome: {}, kde: {} } },
  ])
  const broken = readerOf(['-e', 'process.exit(9)'])
  expect(await readScreenLocks({ homes: broken, users }, { uid: 0 }, { signal })).toEqual([
    { user: 'alice', unreadable: 'the reader ended with 9' },
  ])
})

const asRoot = ROOT ? test : test.skip
if (!ROOT) process.stderr.write('skipped: becoming another user needs root\n')

asRoot("the child has its owner's rights: what only root may read stays unread", async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
  const reader = readerOf()
  home.giveTo(OWNER.uid, OWNER.gid)
  execFileSync('chown', ['root:root', home.at(`${PROFILE}/Secure Preferences`)])
  chmodSync(home.at(`${PROFILE}/Secure Preferences`), 0o600)
  const request = { user: userOf(home), catalogue: builtInCatalogue(), tasks: ['chromium'] as const }
  const { sightings, sources } = await reader.readHome(request, { signal })
  expect(sightings.map(({ name }) => name)).toEqual(['Sider'])
  expect(sources[0]).toEqual({
    source: 'chromium-extensions',
    path: home.at(`${PROFILE}/Secure Preferences`),
    user: { uid: OWNER.uid, name: 'alice' },
    state: 'unreadable',
    reason: expect.stringContaining('EACCES'),
    items: 0,
    durationMs: 0,
  })
})

asRoot(
  'the child needs nothing of ours once it is somebody else: the program may be readable for root alone',
  async () => {
    using home = fixtureHome()
    using folder = temporaryFolder()
    home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '3.0.65' })
    home.write('.codex/config.toml', '[mcp_servers.files]\ncommand = "npx"\nargs = ["-y", "files"]\n')
    const { child } = await bundled({ child: CHILD }, { folder: folder.path })
    chmodSync(folder.path, 0o700)
    const { names, states } = await look(home, readerOf([child]))
    expect(names).toEqual(['Cline CLI', 'files'])
    expect(states.filter(([, state]) => state !== 'parsed')).toEqual([])
  },
)

asRoot('a closed home is unreadable, each source of it', async () => {
  using home = fixtureHome()
  chmodSync(home.path, 0o000)
  const request = { user: userOf(home), catalogue: builtInCatalogue(), tasks: DISCOVERY_TASKS }
  const { sources } = await readerOf().readHome(request, { signal })
  expect(sources.map(({ state }) => state)).toEqual(DISCOVERY_TASKS.map(() => 'unreadable'))
})

test('a home that is not there is absent', async () => {
  using home = fixtureHome()
  const { states } = await look(home, readerOf(), userOf(home, { home: `${home.path}/none` }))
  expect(states.map(([, state]) => state)).toEqual(DISCOVERY_TASKS.map(() => 'absent'))
})

test('a child that hangs is killed at its deadline, and its sources say so', async () => {
  using home = fixtureHome()
  const { sightings, sources } = await look(home, readerOf(['-e', 'setInterval(() => {}, 1000)'], 300))
  expect(sightings).toEqual([])
  expect(sources.map(({ source, state, reason }) => [source, state, reason])).toEqual(
    DISCOVERY_TASKS.map((task) => [TASK_SOURCES[task], 'timed-out', 'the reader was killed after 300 ms']),
  )
})

test('what a child said before it hung is kept', async () => {
  using home = fixtureHome()
  const line = { task: 'installed', sightings: [], sources: [] }
  const script = `console.log(${JSON.stringify(JSON.stringify(line))}); setInterval(() => {}, 1000)`
  const { states } = await look(home, readerOf(['-e', script], 1_000))
  expect(states).toEqual([
    ['model-runtimes', 'timed-out', '~'],
    ['chromium-extensions', 'timed-out', '~'],
    ['firefox-extensions', 'timed-out', '~'],
    ['editor-extensions', 'timed-out', '~'],
    ['mcp-servers', 'timed-out', '~'],
    ['agent-files', 'timed-out', '~'],
  ])
})

test('a child that not even a kill ends is given up, and not joined by a second one', async () => {
  using home = fixtureHome()
  let started = 0
  const startStuck = async () => {
    started++
    const [stdin, stdout] = [new PassThrough(), new PassThrough()]
    const never = new Promise<never>(() => {})
    return { pid: 1, stdin, stdout, stderr: undefined, exit: never, kill() {}, [Symbol.asyncDispose]: () => never }
  }
  const reader = homeReader({ startProgram: startStuck, clock: new FakeClock() }, { command: ['/x'], timeoutMs: 50 })
  const request = { user: userOf(home), catalogue: builtInCatalogue(), tasks: ['chromium'] as const }
  const reasons = []
  for (let turn = 0; turn < 2; turn++) {
    const { sources } = await reader.readHome(request, { signal })
    reasons.push(sources.map(({ state, reason }) => [state, reason]))
  }
  expect([reasons, started]).toEqual([
    [
      [['timed-out', 'the reader was killed after 50 ms']],
      [['timed-out', 'an earlier reader of this home still hangs']],
    ],
    1,
  ])
})

test.each([
  ['dies', 'process.exit(9)', 'unreadable'],
  ['writes nonsense', 'console.log("{")', 'malformed'],
  ['writes another shape', 'console.log(JSON.stringify({task:"installed",sightings:[{}],sources:[]}))', 'malformed'],
  ['never ends a line', 'process.stdout.write("x".repeat(40e6))', 'too-large'],
  ['says nothing', '', 'unreadable'],
])('a child that %s gives nothing, and its sources say so', async (_, script, state) => {
  using home = fixtureHome()
  const { sightings, states } = await look(home, readerOf(['-e', script]))
  expect([sightings, states.map(([, each]) => each)]).toEqual([[], DISCOVERY_TASKS.map(() => state)])
})

test('whose findings they are is our word, not that of the child', async () => {
  using home = fixtureHome()
  const sighting = {
    kind: 'agent',
    id: '0'.repeat(32),
    name: 'x',
    user: { uid: 0, name: 'root' },
    evidence: [],
    state: 'installed',
    agentKind: 'cli-agent',
  }
  const line = JSON.stringify({ task: 'installed', sightings: [sighting], sources: [] })
  const { sightings } = await look(home, readerOf(['-e', `console.log(${JSON.stringify(line)})`]))
  expect(sightings.map(({ user }) => user)).toEqual([{ uid: OWNER.uid, name: 'alice' }])
})

test('aborting ends the child and rejects', async () => {
  using home = fixtureHome()
  const controller = new AbortController()
  const request = { user: userOf(home), catalogue: builtInCatalogue(), tasks: DISCOVERY_TASKS }
  const reading = readerOf(['-e', 'setInterval(() => {}, 1000)']).readHome(request, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})

describe('a hostile home', () => {
  test('with FIFOs where files belong is read to its end', async () => {
    using home = fixtureHome()
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
    for (const path of [
      `${PROFILE}/Network`,
      '.mozilla/firefox/p/extensions.json',
      '.npm-global/lib/node_modules/cline/package.json',
    ]) {
      home.write(`${path}.x`, '')
      execFileSync('mkfifo', [home.at(path)])
    }
    execFileSync('rm', [home.at(`${PROFILE}/Preferences`)])
    execFileSync('mkfifo', [home.at(`${PROFILE}/Preferences`)])
    const { names, states } = await look(home)
    expect(names).toEqual(['Cline CLI', 'Sider'])
    expect(states).toEqual([
      ['installed-agents', 'unreadable', '~/.npm-global/lib/node_modules/cline/package.json'],
      ['installed-agents', 'parsed', '~'],
      ['model-runtimes', 'parsed', '~'],
      ['chromium-extensions', 'unreadable', `~/${PROFILE}/Preferences`],
      ['chromium-extensions', 'parsed', `~/${PROFILE}`],
      ['chromium-extensions', 'parsed', '~'],
      ['firefox-extensions', 'unreadable', '~/.mozilla/firefox/p'],
      ['firefox-extensions', 'parsed', '~'],
      ['editor-extensions', 'parsed', '~'],
      ['mcp-servers', 'parsed', '~'],
      ['agent-files', 'parsed', '~'],
    ])
  })

  test('with loops of links is read to its end', async () => {
    using home = fixtureHome()
    home.link('.config/chromium/Default', '..')
    home.link('.config/chromium/loop', 'loop')
    home.link('.mozilla/firefox', home.at('.mozilla'))
    home.link('.nvm', '.nvm')
    const { sightings, states } = await look(home)
    expect(sightings).toEqual([])
    expect(states).toContainEqual(['firefox-extensions', 'unreadable', '~/.mozilla/firefox'])
  })

  test('with preferences of 200 MB says too-large and enumerates the folders', async () => {
    using home = fixtureHome()
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
    truncateSync(home.at(`${PROFILE}/Preferences`), 200 * 1024 * 1024)
    const { names, states } = await look(home)
    expect(names).toEqual(['Sider'])
    expect(states).toContainEqual(['chromium-extensions', 'too-large', `~/${PROFILE}/Preferences`])
  })

  test('with ten thousand extensions tells a bounded number, those of the catalogue first', async () => {
    using home = fixtureHome()
    const letters = (n: number) =>
      n
        .toString(16)
        .padStart(8, '0')
        .replace(/./g, (digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16)))
    const settings = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [
        letters(n).padStart(32, 'a'),
        { location: 1, manifest: { name: `n${n}`, version: '1' } },
      ]),
    )
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '1' } }])
    home.write(`${PROFILE}/Secure Preferences`, { extensions: { settings } })
    const { names, states } = await look(home)
    expect([names.length, names[0]]).toEqual([1_000, 'Sider'])
    expect(states).toContainEqual(['chromium-extensions', 'too-large', `~/${PROFILE}/Extensions`])
  })

  test('with extensions that ask for megabytes of rights tells what fits, those of the catalogue first', async () => {
    using home = fixtureHome()
    const host_permissions = Array.from({ length: 128 }, (_, n) => `https://${'x'.repeat(480)}${n}/*`)
    const manifest = { name: 'big', version: '1', host_permissions }
    const ids = Array.from(
      { length: 100 },
      (_, n) => `${'a'.repeat(30)}${'abcdefghij'.charAt(n / 10)}${'abcdefghij'.charAt(n % 10)}`,
    )
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest }])
    const settings = Object.fromEntries(ids.map((id) => [id, { location: 1, manifest }]))
    home.write(`${PROFILE}/Secure Preferences`, { extensions: { settings } })
    const { sightings, states } = await look(home)
    expect([sightings.length < 101, sightings[0]?.catalogueId]).toEqual([true, 'sider'])
    expect(states).toContainEqual(['chromium-extensions', 'too-large', '~'])
  })

  test('with names made for terminals has them shown as escapes', async () => {
    using home = fixtureHome()
    const name = `a\nb\u001b[2J\u202e${'x'.repeat(5_000)}`
    writeChromiumProfile(home, '.config/chromium/Pro\nfile\u001b', [
      { id: SIDER, manifest: { name, version: '1\u0007' } },
    ])
    const { sightings } = await look(home)
    expect(sightings).toEqual([
      expect.objectContaining({
        name: expect.stringMatching(/^a\\nb\\x1b\[2J\\u\{202e\}x+$/),
        version: '1\\x07',
        profile: 'Pro\\nfile\\x1b',
      }),
    ])
  })

  test('keeps its secrets: contents of files never come back', async () => {
    using home = fixtureHome()
    const canary = 'sk-canary-4711'
    home.write('.claude/.credentials.json', { token: canary })
    home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '1.0.0', apiKey: canary })
    const manifest = { name: 'Sider', version: '1', oauth2: { client_id: canary }, key: canary }
    writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest, settings: { location: 1, token: canary } }])
    home.write(`${PROFILE}/Preferences`, `{"account_info":[{"email":"${canary}"}],"cut":"${canary}`)
    writeFirefoxProfile(home, '.mozilla/firefox', [{ id: 'x@y', type: 'extension', syncGUID: canary }])
    home.write('.zen/p/extensions.json', `{"addons":[{"secret":"${canary}`)
    // V8 quotes the text around a bad token in its message.
    home.write('.floorp/p/extensions.json', `{"s":"${canary}"x}`)
    home.write('.librewolf/p/extensions.json', `${canary}`)
    const found = await look(home)
    expect(found.names).toEqual(['Cline CLI', 'Sider', 'x@y'])
    expect(JSON.stringify(found)).not.toContain(canary)
  })

  test('with nothing in it is one line a task', async () => {
    using home = fixtureHome()
    expect((await look(home)).states).toEqual(ALL_PARSED)
  })
})
