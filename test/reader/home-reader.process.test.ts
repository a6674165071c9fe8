import { chmodSync, chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../src/base/log.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../src/discovery/catalogue/catalogue.ts'
import { homeMemories } from '../../src/reader/home-memories.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { readScreenLocks } from '../../src/reader/screen-locks.ts'
import { startProgram } from '../../src/system/program/command.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { fixtureHome, writeChromiumProfile, writeFirefoxProfile } from '../support/homes/fixture-home.ts'
import { retainedBytes } from '../support/retained-bytes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { CHILD, look, OWNER, PROFILE, ROOT, readerOf, SIDER, signal, userOf } from './read-homes.ts'

test('a home is read by a child: agents, extensions, and what became of each source', async () => {
  using home = fixtureHome()
  home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '3.0.65' })
  writeChromiumProfile(home, PROFILE, [{ id: SIDER, manifest: { name: 'Sider', version: '5.1' } }])
  const addon = { id: 'x@y', type: 'extension', defaultLocale: { name: 'Fox' } }
  writeFirefoxProfile(home, '.mozilla/firefox', [addon])
  const { names, states, sightings } = await look(home)
  expect(names).toEqual(['Cline CLI', 'Sider', 'Fox'])
  expect(new Set(sightings.map(({ user }) => user?.id))).toEqual(new Set([String(OWNER.uid)]))
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

test('a catalogue without browsers means the built-in ones, one with others only those', async () => {
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

test('reads profiles that processes named with the rights of their person only', async () => {
  using home = fixtureHome()
  using temporary = fixtureHome()
  // On another disk than home and temporary files, by a mount of its own.
  using outside = fixtureHome('/dev/shm')
  using closed = fixtureHome('/dev/shm')
  const extension = { id: SIDER, manifest: { name: 'Sider', version: '5.1' } }
  writeChromiumProfile(home, 'other/profile/Default', [extension])
  writeChromiumProfile(temporary, 'Default', [extension])
  writeChromiumProfile(outside, 'Default', [extension])
  writeChromiumProfile(closed, 'Default', [extension])
  outside.link('elsewhere', closed.path)
  outside.folder('of-root')
  writeFirefoxProfile(temporary, 'fox', [{ id: 'x@y', type: 'extension' }])
  home.link('linked', temporary.path)
  for (const each of ROOT ? [home, temporary, outside] : []) each.giveTo(OWNER.uid, OWNER.gid)
  // Where anybody may put folders: what only another may open is no profile of this person.
  if (ROOT) chownSync(outside.at('of-root'), 0, 0)
  chmodSync(outside.at('of-root'), 0o700)
  chmodSync(closed.path, 0o000)
  const chromium = (path: string) => ({ family: 'chromium', product: 'chromium', path }) as const
  const request = {
    user: userOf(home),
    catalogue: builtInCatalogue(),
    tasks: ['chromium', 'firefox'] as const,
    profiles: [
      ...[
        home.at('other/profile'),
        temporary.path,
        home.at('linked'),
        home.path,
        outside.path,
        closed.at('profile'),
        outside.at('elsewhere'),
        outside.at('elsewhere/Default'),
        outside.at('absent'),
        `/tmp/..${outside.path}`,
        '/proc/self',
      ].map(chromium),
      { family: 'firefox', product: 'firefox', path: temporary.at('fox/abcd.default') } as const,
    ],
  }
  const { sightings, sources } = await readerOf().readHome(request, { signal })
  expect(sightings.map((each) => [each.name, 'profile' in each && each.profile])).toEqual([
    ['Sider', '~/other/profile/Default'],
    ['Sider', `${temporary.path}/Default`],
    ['Sider', `${outside.path}/Default`],
    ['x@y', `${temporary.path}/fox/abcd.default`],
  ])
  expect(sources.map(({ state, path }) => [state, path])).toEqual([
    ['unreadable', closed.path],
    ['unreadable', outside.at('elsewhere')],
    ['unreadable', undefined],
    ['unreadable', '/proc'],
    ['parsed', home.at('other/profile/Default')],
    ['parsed', `${temporary.path}/Default`],
    ['unreadable', home.at('linked')],
    ['parsed', `${outside.path}/Default`],
    ['parsed', home.path],
    ['parsed', `${temporary.path}/fox/abcd.default`],
    ['parsed', home.path],
  ])
  const named = 'of profiles that processes named:'
  expect(sources.slice(0, 4).map(({ reason }) => reason)).toEqual([
    `1 folder ${named} behind what this person may not pass`,
    `2 folders ${named} behind a link`,
    `1 folder ${named} not the plain absolute path of a folder`,
    `1 folder ${named} on proc, which may not answer`,
  ])
  chmodSync(closed.path, 0o755)
})

test('folders that agents of a person work in are read with the rights of that person', async () => {
  using home = fixtureHome()
  using elsewhere = fixtureHome('/dev/shm')
  elsewhere.write('open/.mcp.json', { mcpServers: { open: { command: 'a' } } })
  elsewhere.write('closed/.mcp.json', { mcpServers: { closed: { command: 'a' } } })
  home.link('linked', elsewhere.at('open'))
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  chmodSync(elsewhere.path, 0o755)
  chmodSync(elsewhere.at('closed'), 0o700)
  const request = {
    user: userOf(home),
    catalogue: builtInCatalogue(),
    tasks: ['mcp'] as const,
    workedIn: [elsewhere.at('open'), ...(ROOT ? [elsewhere.at('closed')] : []), home.at('linked')],
  }
  const { sightings } = await readerOf().readHome(request, { signal })
  expect(sightings.map(({ name }) => name)).toEqual(['open'])
})

test('reports how servers start to the daemon, keyed, beside what all may see', async () => {
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

test('reports the model of a file of weights to the daemon only within that home', async () => {
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

test('a second look by another child finds the same, and hands on its memory unread', async () => {
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

test('a catalogue is not kept in memory for the next look', async () => {
  using home = fixtureHome()
  using folder = temporaryFolder()
  const memories = homeMemories({ log: silentLog }, { folder: join(folder.path, 'memories') })
  const remembering = homeReader(
    { startProgram, clock: new FakeClock(), memories },
    { command: [process.execPath, CHILD] },
  )
  const lookWithAnother = async () => {
    const catalogue = structuredClone(builtInCatalogue())
    await remembering.readHome({ user: userOf(home), catalogue, tasks: ['chromium'] }, { signal })
    return new WeakRef(catalogue)
  }
  const catalogue = await lookWithAnother()
  await retainedBytes()
  expect(catalogue.deref() === undefined).toBe(true)
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

test('asks each person with a home for their screen lock, and names who was unread', async () => {
  using home = fixtureHome()
  if (ROOT) home.giveTo(OWNER.uid, OWNER.gid)
  const alice = userOf(home)
  const users = { list: async () => [alice, { ...alice, name: 'bin', kind: 'system' as const }] }
  const homes = readerOf()
  expect(await readScreenLocks({ homes, users }, { userId: '0' }, { signal })).toEqual([
    { user: 'alice', settings: { gnome: {}, kde: {} } },
  ])
  const broken = readerOf(['-e', 'process.exit(9)'])
  expect(await readScreenLocks({ homes: broken, users }, { userId: '0' }, { signal })).toEqual([
    { user: 'alice', unreadable: 'the reader ended with 9' },
  ])
})
