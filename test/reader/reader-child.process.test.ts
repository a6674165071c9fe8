import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { DISCOVERY_TASKS, TASK_SOURCES } from '../../src/discovery/files/scan-tasks.ts'
import { homeReader } from '../../src/reader/home-reader.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { fixtureHome, writeChromiumProfile } from '../support/homes/fixture-home.ts'
import { bundlePrograms } from '../support/processes/bundle-programs.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { CHILD, look, OWNER, PROFILE, ROOT, readerOf, SIDER, signal, userOf } from './read-homes.ts'

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
    user: { id: String(OWNER.uid), name: 'alice' },
    state: 'unreadable',
    reason: expect.stringContaining('EACCES'),
    items: 0,
    durationMs: 0,
  })
})

asRoot('the child needs nothing of ours as another user: only root may read the program', async () => {
  using home = fixtureHome()
  using folder = temporaryFolder()
  home.write('.npm-global/lib/node_modules/cline/package.json', { name: 'cline', version: '3.0.65' })
  home.write('.codex/config.toml', '[mcp_servers.files]\ncommand = "npx"\nargs = ["-y", "files"]\n')
  const { child } = await bundlePrograms({ child: CHILD }, { folder: folder.path })
  chmodSync(folder.path, 0o700)
  const { names, states } = await look(home, readerOf([child]))
  expect(names).toEqual(['Cline CLI', 'files'])
  expect(states.filter(([, state]) => state !== 'parsed')).toEqual([])
})

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

test('kills a child that hangs at its deadline, and its sources report it', async () => {
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
])('a child that %s gives nothing, and its sources report it', async (_, script, state) => {
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
    user: { id: '0', name: 'root' },
    evidence: [],
    state: 'installed',
    agentKind: 'cli-agent',
  }
  const line = JSON.stringify({ task: 'installed', sightings: [sighting], sources: [] })
  const { sightings } = await look(home, readerOf(['-e', `console.log(${JSON.stringify(line)})`]))
  expect(sightings.map(({ user }) => user)).toEqual([{ id: String(OWNER.uid), name: 'alice' }])
})

test('aborting ends the child and rejects', async () => {
  using home = fixtureHome()
  const controller = new AbortController()
  const request = { user: userOf(home), catalogue: builtInCatalogue(), tasks: DISCOVERY_TASKS }
  const reading = readerOf(['-e', 'setInterval(() => {}, 1000)']).readHome(request, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})
