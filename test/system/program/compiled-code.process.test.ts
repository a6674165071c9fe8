import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { VERSION } from '../../../src/base/version.ts'
import { DISCOVERY_TASKS, TASK_SOURCES } from '../../../src/discovery/files/scan-tasks.ts'
import { READER_FLAGS } from '../../../src/reader/reader-flags.ts'
import { ENGINE_FLAGS } from '../../../src/system/program/v8-memory.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { localUser } from '../../support/users/local-user.ts'

const BUILD = resolve(import.meta.dirname, '../../../scripts/build.ts')
const folder = temporaryFolder()
const built = join(folder.path, 'suretyd')
beforeAll(() => void execFileSync(process.execPath, [BUILD, '--out', folder.path, 'suretyd']), 180_000)
afterAll(() => folder[Symbol.dispose]())

const SOURCES = DISCOVERY_TASKS.map((task) => TASK_SOURCES[task])

/** What the reader of a copy of the bundle, changed by `change`, calls the sources of a home. */
function sourcesOf(change: (copy: string) => void): readonly string[] {
  using copies = temporaryFolder()
  using home = fixtureHome()
  const copy = join(copies.path, 'suretyd')
  cpSync(built, copy, { recursive: true })
  change(copy)
  const { id, name, posix } = localUser({ name: 'alice', home: home.path })
  const request = { user: { id, name }, posix, home: home.path, tasks: DISCOVERY_TASKS }
  const output = execFileSync(process.execPath, [...READER_FLAGS, join(copy, 'reader.cjs')], {
    input: `${JSON.stringify(request)}\n`,
    encoding: 'utf8',
  })
  const answers: { sources: { source: string }[] }[] = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  return answers.flatMap(({ sources }) => sources.map(({ source }) => source))
}

/** With flags that Node is started with, and flags that are set then. */
function isRejected(name: string, started: readonly string[], set: readonly string[] = []): boolean {
  const program = `
    for (const flag of ${JSON.stringify(set)}) require('node:v8').setFlagsFromString(flag)
    const { Script } = require('node:vm')
    const [code, cachedData] = ['js', 'cache'].map((ending) => require('node:fs').readFileSync('${name}-code.' + ending))
    console.log(new Script(code.toString(), { cachedData }).cachedDataRejected)`
  return execFileSync(process.execPath, [...started, '-e', program], { cwd: built, encoding: 'utf8' }) === 'true\n'
}

test('V8 accepts compiled code of the reader child under its flags, and no others', () => {
  expect([isRejected('reader', READER_FLAGS), isRejected('reader', ['--no-lazy'])]).toEqual([false, true])
})

test('V8 accepts compiled code of the daemon under its flags, and no others', () => {
  const [first = '', ...others] = ENGINE_FLAGS
  expect([[first, ...others], others, []].map((flags) => isRejected('suretyd', [], flags))).toEqual([false, true, true])
})

test.each<[string, (copy: string) => void]>([
  ['as it was built', () => undefined],
  ['nothing compiled', (copy) => rmSync(join(copy, 'reader-code.cache'))],
  ['what was compiled cut off', (copy) => writeFileSync(join(copy, 'reader-code.cache'), 'x')],
  ['what was compiled of other code of the same length', compileOther],
])('the bundle reads a home, with %s', (_, change) => expect(sourcesOf(change)).toEqual(SOURCES))

test('other code is run without what was compiled of the code it replaces', () => {
  expect(sourcesOf((copy) => replaceIn(copy))).toContain('installed-angels')
})

/** V8 itself knows code by its length alone. */
function compileOther(copy: string): void {
  const code = readFileSync(join(copy, 'reader-code.js'))
  replaceIn(copy)
  rmSync(join(copy, 'reader-code.cache'))
  const compile = resolve(import.meta.dirname, '../../../scripts/compile-code.cjs')
  execFileSync(process.execPath, [...READER_FLAGS, compile, copy, 'reader', ''])
  writeFileSync(join(copy, 'reader-code.js'), code)
}

function replaceIn(copy: string): void {
  const path = join(copy, 'reader-code.js')
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('installed-agents', 'installed-angels'))
}

/** What the daemon of a copy of the bundle, changed by `change`, says of its version and of settings that it cannot use. */
function daemonSays(change: (copy: string) => void): readonly unknown[] {
  using copies = temporaryFolder()
  const copy = join(copies.path, 'suretyd')
  cpSync(built, copy, { recursive: true })
  change(copy)
  const says = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, 'suretyd.mjs'), ...args], {
      env: { PATH: process.env.PATH ?? '' },
      encoding: 'utf8',
    })
    return [status, stdout, stderr]
  }
  return [...says('--version'), ...says('run', '--spool-max-bytes', 'few').slice(0, 2)]
}

test.each<[string, (copy: string) => void]>([
  ['as it was built', () => undefined],
  ['nothing compiled', (copy) => rmSync(join(copy, 'suretyd-code.cache'))],
  ['what was compiled cut off', (copy) => writeFileSync(join(copy, 'suretyd-code.cache'), 'x')],
  [
    'what was compiled of the reader',
    (copy) => cpSync(join(copy, 'reader-code.cache'), join(copy, 'suretyd-code.cache')),
  ],
])('the daemon of the bundle runs, with %s', (_, change) => {
  expect(daemonSays(change)).toEqual([0, `suretyd ${VERSION}\n`, '', 2, ''])
})

test.each<[string, (copy: string) => void, RegExp]>([
  [
    'is missing',
    (copy) => rmSync(join(copy, 'suretyd-code.js')),
    /^suretyd: suretyd-code\.js is missing .* reinstall it \[CONFIG_INVALID\]\n$/,
  ],
  [
    'others may write',
    (copy) => chmodSync(join(copy, 'suretyd-code.js'), 0o666),
    /^suretyd: .* from other users: all users may write it \(mode 666\): chmod go-w .* \[CONFIG_INVALID\]\n$/,
  ],
  [
    'the private group of its owner may write',
    (copy) => chmodSync(join(copy, 'suretyd-code.js'), 0o664),
    /^suretyd: .* from other users: group \d+ may write it \(mode 664\): chmod go-w .* \[CONFIG_INVALID\]\n$/,
  ],
])('code that %s is not run, and said so in a line', (_, change, line) => {
  using copies = temporaryFolder()
  const copy = join(copies.path, 'suretyd')
  cpSync(built, copy, { recursive: true })
  change(copy)
  const { status, stderr } = spawnSync(process.execPath, [join(copy, 'suretyd.mjs'), '--version'], { encoding: 'utf8' })
  expect(stderr).toMatch(line)
  expect(status).toBe(2)
})

test('beside the daemon, the hardware thread answers and packages load on demand', async () => {
  const thread = new Worker(join(built, 'hardware-thread.mjs'), { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } })
  const [facts] = await once(thread, 'message')
  expect(facts).toMatchObject({ cpuCores: expect.any(Number), memoryBytes: expect.any(Number) })
  const packages = readdirSync(join(built, 'packages')).filter((file) => file.endsWith('.cjs'))
  const load = createRequire(import.meta.url)
  expect(packages).toContain('yaml.cjs')
  for (const file of packages) expect(Object.keys(load(join(built, 'packages', file))).length).toBeGreaterThan(0)
})
