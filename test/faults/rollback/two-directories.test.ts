import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, linkSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { runDirectory, type ServingDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { bundlePrograms } from '../../support/processes/bundle-programs.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Two directories on one database would give out the same order numbers: the second never comes up. */

const PORTS = ['--devices-host', '127.0.0.1', '--devices-port', '0', '--api-port', '0', '--console-port', '0']
const programs = temporaryFolder()
let main = ''
beforeAll(async () => {
  const source = resolve(import.meta.dirname, '../../../src/main-directory.ts')
  main = (await bundlePrograms({ directory: source }, { folder: programs.path })).directory
})
afterAll(() => programs[Symbol.dispose]())

const serve = (data: string) => serveDirectory(data, [], main)
const run = (...args: readonly string[]) => runDirectory(args, {}, { script: main })

function refusalBy(server: ServingDirectory, path: string): RegExp {
  const since = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z'
  const who = `another surety-directory \\(process ${server.pid} on ${hostname()}, since ${since}\\)`
  const what = `serves ${path}: stop it, or use another data folder`
  return new RegExp(`^surety-directory: ${who} ${what} \\[CONFLICT\\]\n$`)
}

async function expectRefused(server: ServingDirectory, path: string): Promise<void> {
  const { exitCode, stderr } = await run('serve', '--data', path, ...PORTS)
  expect(stderr).toMatch(refusalBy(server, path))
  expect(exitCode).toBe(1)
}

test('refused by any path, with the holder, since when, and what to do', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  await using server = await serve(data)
  symlinkSync(folder.path, join(folder.path, 'link'))
  for (const path of [data, join(folder.path, 'link', 'data'), `${folder.path}/./data/../data/`]) {
    await expectRefused(server, path)
  }
})

test('a last link of the path is no data folder at all', async () => {
  using folder = temporaryFolder()
  await using server = await serve(join(folder.path, 'data'))
  symlinkSync('data', join(folder.path, 'link'))
  const { exitCode, stderr } = await run('serve', '--data', join(folder.path, 'link'), ...PORTS)
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/link" is not a directory/)])
  expect(server.pid).toBeGreaterThan(0)
})

/** In namespaces of its own: where mounts lie elsewhere and processes have other numbers. */
const MAY_UNSHARE = spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0
if (!MAY_UNSHARE) process.stdout.write('two directories: no namespaces here (unshare), that test is left out\n')
const inNamespaces = MAY_UNSHARE ? test : test.skip

inNamespaces('refused in namespaces of its own, the folder mounted elsewhere', async () => {
  using folder = temporaryFolder()
  const [data, elsewhere] = [join(folder.path, 'data'), join(folder.path, 'elsewhere')]
  await using server = await serve(data)
  mkdirSync(elsewhere, { mode: 0o700 })
  const command = `mount --bind "$1" "$2" && exec "$3" "$4" serve --data "$2" ${PORTS.join(' ')}`
  const { status, stderr } = spawnSync(
    'unshare',
    ['--mount', '--pid', '--fork', 'sh', '-c', command, 'sh', data, elsewhere, process.execPath, main],
    { encoding: 'utf8', env: { PATH: process.env.PATH } },
  )
  expect([status, stderr]).toEqual([1, expect.stringMatching(refusalBy(server, elsewhere))])
})

test('a database with a second name elsewhere is served under neither', async () => {
  using folder = temporaryFolder()
  const [data, other] = [join(folder.path, 'data'), join(folder.path, 'other')]
  await (await serve(data))[Symbol.asyncDispose]()
  mkdirSync(other, { mode: 0o700 })
  linkSync(join(data, 'directory.sqlite'), join(other, 'directory.sqlite'))
  for (const path of [data, other]) {
    const { exitCode, stderr } = await run('serve', '--data', path, ...PORTS)
    const words =
      /directory\.sqlite" has another name elsewhere, .*: copy it in place of linking it \[STORE_FAILED\]\n$/
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(words)])
  }
})

test('a paused holder still holds it, and a killed one does not', async () => {
  using folder = temporaryFolder()
  const server = await serve(folder.path)
  server.kill('SIGSTOP')
  await expectRefused(server, folder.path)
  server.kill('SIGKILL')
  await server.ended
  await using next = await serve(folder.path)
  await expectRefused(next, folder.path)
})

test('many that start at once: one comes up', async () => {
  using folder = temporaryFolder()
  const started = await Promise.allSettled(Array.from({ length: 4 }, () => serve(folder.path)))
  const up = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  for (const server of up) await server[Symbol.asyncDispose]()
  expect(up).toHaveLength(1)
})

test('a folder copied while served is a separate directory: whole and not held', async () => {
  using folder = temporaryFolder()
  const [data, copy] = [join(folder.path, 'data'), join(folder.path, 'copy')]
  await using server = await serve(data)
  const create = ['token', 'create', '--owner', 'ada', '--data', data]
  const before = await run(...create)
  const during = run(...create)
  cpSync(data, copy, { recursive: true, preserveTimestamps: true })
  expect([before.exitCode, (await during).exitCode]).toEqual([0, 0])
  await using other = await serve(copy)
  expect(other.pid).not.toBe(server.pid)
  // Descriptors of its own: nothing that it writes can come to the first one.
  const open = execFileSync('ls', ['-l', `/proc/${other.pid}/fd`], { encoding: 'utf8' })
  expect(open).toContain(`${basename(copy)}/directory.sqlite`)
  expect(open).not.toContain(`${basename(data)}/directory.sqlite`)
  await other[Symbol.asyncDispose]()
  using database = openDatabase(join(copy, 'directory.sqlite'))
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(Number(database.prepare('SELECT count(*) AS n FROM tokens').get()?.n)).toBeGreaterThanOrEqual(1)
  expect(readFileSync(join(copy, 'keys', 'ca.cert.pem'))).toEqual(readFileSync(join(data, 'keys', 'ca.cert.pem')))
})
