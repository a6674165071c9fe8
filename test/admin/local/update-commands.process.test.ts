import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { keepFresh } from '../../../src/directory/updates/keep-fresh.ts'
import { lockRepository } from '../../../src/directory/updates/repository-lock.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { type Ended, runDirectory } from '../../support/directory/directory-process.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type TestRepository, testRepository } from '../../support/updates/test-repository.ts'
import { waitFor } from '../../support/wait-for.ts'

const LOCK = resolve(import.meta.dirname, '../../../src/directory/updates/repository-lock.ts')
const CHANNELS = ['beta', 'stable']
const folder = temporaryFolder()
let made: TestRepository

beforeAll(async () => {
  made = await testRepository(join(folder.path, 'made'))
  await made.add('1.1.0')
})
afterAll(() => folder[Symbol.dispose]())

const updates = (...args: readonly string[]): Promise<Ended> =>
  runDirectory(['updates', ...args, '--repository', made.folder, '--keys', made.keys, '--json'])
const promoteTo = (channel: string) => updates('promote', '1.1.0', '--channel', channel)
const offered = async (): Promise<readonly string[]> => {
  const { stdout } = await runDirectory(['updates', 'list', '--repository', made.folder, '--json'])
  return JSON.parse(stdout).channels.map(({ channel }: { channel: string }) => channel)
}

test('commands at once each keep what the others did, or are refused', async () => {
  const ended = await Promise.all(CHANNELS.map(promoteTo))
  const taken = CHANNELS.filter((_, at) => ended[at]?.exitCode === 0)
  expect(taken).not.toEqual([])
  expect([...(await offered())].sort()).toEqual(taken)
  // On a busy machine one may wait for too long.
  for (const { exitCode, stderr } of ended) if (exitCode !== 0) expect(stderr).toContain('CONFLICT')
})

test('refuses a command while another process changes the repository, but not a reader', async () => {
  const before = readdirSync(join(made.folder, 'metadata'))
  using _lock = lockRepository(systemClock, made.folder, { waitMs: 0 })
  const [refused] = await Promise.all([promoteTo('delta'), offered()])
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
  const { code, message } = JSON.parse(refused.stderr).error
  expect([code, message]).toEqual(['CONFLICT', expect.stringContaining(`(process ${process.pid} on `)])
  expect(readdirSync(join(made.folder, 'metadata'))).toEqual(before)
})

test('a process that was killed leaves no lock', async () => {
  const code = `const { lockRepository } = await import(process.argv[1]); lockRepository(Date, process.argv[2], { waitMs: 0 });
    process.stdout.write('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, LOCK, made.folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  expect(await codeThrown(() => lockRepository(systemClock, made.folder, { waitMs: 0 }))).toBe('CONFLICT')
  child.kill('SIGKILL')
  await once(child, 'close')
  using _lock = lockRepository(systemClock, made.folder, { waitMs: 0 })
  // A mirror is made by a copy of the folder, maybe by another user.
  expect(statSync(join(made.folder, '.lock')).mode & 0o777).toBe(0o644)
})

test('reads a passphrase only from a private file, and makes nothing without one', async () => {
  const [repository, keys, file] = ['sealed', 'sealed-keys', 'passphrase'].map((name) => join(folder.path, name))
  const places = ['--repository', repository ?? '', '--keys', keys ?? '', '--json']
  const run = (command: readonly string[], ...more: readonly string[]) =>
    runDirectory(['updates', ...command, ...places, ...more])
  const write = (text: string) => writeFileSync(file ?? '', text, { mode: 0o600 })
  write('short')
  const { stderr } = await run(['init'], '--passphrase-file', file ?? '')
  expect(JSON.parse(stderr).error.code).toBe('USAGE_INVALID')
  expect([repository, keys].map((made) => existsSync(made ?? ''))).toEqual([false, false])
  write('correct horse battery staple\n')
  expect(await run(['init'], '--passphrase-file', file ?? '')).toMatchObject({ exitCode: 0 })
  const without = await run(['refresh', '--targets'])
  expect(JSON.parse(without.stderr).error).toMatchObject({
    code: 'USAGE_INVALID',
    message: expect.stringContaining('--passphrase-file'),
  })
  expect(await run(['refresh', '--targets'], '--passphrase-file', file ?? '')).toMatchObject({ exitCode: 0 })
})

test('the renewal of a directory waits for a command, and the command for it', async () => {
  const clock = new FakeClock(Date.now() + 4 * 24 * 60 * 60 * 1000)
  const said: string[] = []
  const say = (message: string) => void said.push(message)
  const log = { ...silentLog, info: say, error: say }
  const end = new AbortController()
  const lock = lockRepository(systemClock, made.folder, { waitMs: 0 })
  const fresh = keepFresh({ clock, log }, made, { signal: end.signal })
  await waitFor('a look at it', () => clock.sleeping === 1)
  expect(said).toEqual(['the update repository is being changed'])
  lock[Symbol.dispose]()
  await clock.advance(60 * 60 * 1000)
  await waitFor('the renewal', () => said.length > 1)
  expect(said.at(-1)).toBe('the update repository has a new timestamp')
  end.abort()
  await fresh
})
