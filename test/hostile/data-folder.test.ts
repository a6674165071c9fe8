import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { openKeyFiles } from '../../src/directory/authority/key-files.ts'
import { prepareDataFolder } from '../../src/directory/local/data-folder.ts'
import { openStore } from '../../src/directory/store/open-store.ts'
import { serveAlone } from '../../src/directory/store/serve-alone.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { runDirectory, serveDirectory } from '../support/directory/directory-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import {
  asMallory,
  asRoot,
  enterableFolder,
  file,
  MALLORY,
  made,
  planted,
  withVictim,
} from '../support/users/other-user.ts'

/** Where a directory keeps its register and its keys, prepared by another user who was there before it. */

const PORTS = ['--devices-host', '127.0.0.1', '--devices-port', '0', '--api-port', '0', '--console-port', '0']
const serve = (data: string, ...more: readonly string[]) => runDirectory(['serve', '--data', data, ...PORTS, ...more])
const byRoot = asRoot('a data folder in which another user was before')

byRoot('(root) refuses a register placed while the folder was open, and adds no accounts', async () => {
  using folder = enterableFolder()
  const data = made(join(folder.path, 'data'), 0o777)
  const register = join(data, 'directory.sqlite')
  asMallory('/usr/bin/touch', register)

  expect(await serve(data)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('chmod go-w') })
  // As advised: the folder can still be entered, and the file is still theirs.
  chmodSync(data, 0o755)
  const theirs = {
    exitCode: 1,
    stdout: '',
    stderr: expect.stringMatching(/directory\.sqlite" belongs to user 4242.*remove it/),
  }
  expect(await serve(data)).toEqual(theirs)
  expect(await runDirectory(['administrator', 'reset', '--yes', '--data', data])).toEqual(theirs)
  expect(readdirSync(data)).toEqual(['directory.sqlite'])
  expect(lstatSync(register).size).toBe(0)

  rmSync(register)
  await using _server = await serveDirectory(data)
  expect(readdirSync(data).filter((name) => lstatSync(join(data, name)).uid === MALLORY)).toEqual([])
})

byRoot('(root) a register placed after the folder was looked at is not taken over', async () => {
  using folder = enterableFolder()
  const data = made(join(folder.path, 'data'))
  await prepareDataFolder(data)
  for (const name of ['directory.sqlite', 'serving.sqlite']) planted(join(data, name), 'file')
  expect(await codeThrown(() => openStore(join(data, 'directory.sqlite')))).toBe('STORE_FAILED')
  expect(await codeThrown(() => serveAlone(data, { pid: 1, host: 'test', since: 0 }))).toBe('STORE_FAILED')
  expect(readdirSync(data).sort()).toEqual(['directory.sqlite', 'serving.sqlite'])
})

const NAMES = [
  ...['directory.sqlite', 'serving.sqlite'].flatMap((name) =>
    ['', '-wal', '-shm', '-journal'].map((end) => name + end),
  ),
  ...['directory.sqlite-witness', 'administrator.json', 'keys'],
]

byRoot.each(NAMES)('(root) a folder with %s of another user is refused: a file, a folder, a link', async (name) => {
  using folder = temporaryFolder()
  for (const kind of ['file', 'folder', 'link'] as const) {
    const data = made(join(folder.path, kind))
    planted(join(data, name), kind)
    await expect(prepareDataFolder(data)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(new RegExp(`/${name}" belongs to user 4242, who placed it there: remove it$`)),
    })
  }
})

test.each(NAMES.filter((name) => name !== 'keys'))('a folder where others can write to %s is refused', async (name) => {
  using folder = temporaryFolder()
  for (const mode of [0o602, 0o620, 0o666]) {
    file(folder.path, name, mode)
    await expect(prepareDataFolder(folder.path)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/can be written by others.*put a copy in its place/),
    })
  }
})

test.each(NAMES.filter((name) => name !== 'keys'))('a folder where %s is a hard link is refused', async (name) => {
  using folder = temporaryFolder()
  const precious = file(folder.path, 'precious', 0o644)
  const data = made(join(folder.path, 'data'))
  linkSync(precious, join(data, name))
  await expect(prepareDataFolder(data)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringMatching(/has another name elsewhere/),
  })
  expect([readFileSync(precious, 'utf8'), lstatSync(precious).mode & 0o777]).toEqual(['x', 0o644])
})

test('what others could only read is closed to them, and the log tells it', async () => {
  using folder = temporaryFolder()
  const data = made(join(folder.path, 'data'), 0o755)
  file(data, 'notes', 0o644)
  const said: unknown[] = []
  const log = { warn: (message: string) => said.push(message) }
  for (let start = 0; start < 2; start++) {
    const warnIfOpened = await prepareDataFolder(data)
    warnIfOpened(log)
  }
  expect([data, join(data, 'notes')].map((path) => lstatSync(path).mode & 0o777)).toEqual([0o700, 0o600])
  expect(said).toEqual([expect.stringMatching(/other users could read the data folder/)])
})

describe('a register whose companions are links is not opened', () => {
  test.each(['-wal', '-shm', '-journal'])('%s', async (end) => {
    using house = withVictim()
    const path = join(house.data, 'directory.sqlite')
    symlinkSync(house.victim, path + end)
    expect(await codeThrown(() => openStore(path))).toBe('STORE_FAILED')
    expect([readFileSync(house.victim, 'utf8'), existsSync(path)]).toEqual(['x', false])
  })

  test('and its witness writes to no file but its own', () => {
    using house = withVictim()
    const path = join(house.data, 'directory.sqlite')
    linkSync(house.victim, `${path}-witness`)
    openStore(path).close()
    expect(readFileSync(house.victim, 'utf8')).toBe('x')
  })
})

describe('the keys', () => {
  async function withKeys() {
    const folder = temporaryFolder()
    const data = made(join(folder.path, 'data'))
    const keys = join(data, 'keys')
    const files = await openKeyFiles(keys)
    await files.readOrMakeKey('root')
    return { data, keys, [Symbol.dispose]: folder[Symbol.dispose] }
  }

  test.each<[string, (keys: string) => unknown, string]>([
    ['in a folder that all can write', (keys) => chmodSync(keys, 0o777), 'STORE_FAILED'],
    ['in a folder that its group can write', (keys) => chmodSync(keys, 0o770), 'STORE_FAILED'],
    [
      'behind a link',
      (keys) => {
        renameSync(keys, `${keys}.old`)
        symlinkSync(`${keys}.old`, keys)
      },
      'STORE_FAILED',
    ],
    ['in a file that all can write', (keys) => chmodSync(join(keys, 'root.key.pem'), 0o666), 'STORE_FAILED'],
    ['in a file that all can read', (keys) => chmodSync(join(keys, 'root.key.pem'), 0o644), 'NOT_PERMITTED'],
    [
      'in a file with a second name',
      (keys) => linkSync(join(keys, 'root.key.pem'), join(keys, '..', 'second')),
      'STORE_FAILED',
    ],
    ['below a folder that all can write', (keys) => chmodSync(join(keys, '..'), 0o777), 'STORE_FAILED'],
  ])('%s are not used', async (_, spoil, code) => {
    using house = await withKeys()
    spoil(house.keys)
    const read = async () => (await openKeyFiles(house.keys)).readKey('root')
    expect(await codeThrown(read)).toBe(code)
  })

  byRoot.each<[string, (keys: string) => void]>([
    ['(root) in a folder of another user', (keys) => chownSync(keys, MALLORY, MALLORY)],
    ['(root) in a file of another user', (keys) => chownSync(join(keys, 'root.key.pem'), MALLORY, MALLORY)],
    ['(root) beside a file of another user', (keys) => planted(join(keys, 'ca.key.pem'), 'file')],
  ])('%s are not used', async (_, spoil) => {
    using house = await withKeys()
    spoil(house.keys)
    expect(await codeThrown(() => openKeyFiles(house.keys))).toBe('STORE_FAILED')
  })

  byRoot('(root) a CA certificate of another user is not given to administrators', async () => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    await (await serveDirectory(data))[Symbol.asyncDispose]()
    rmSync(join(data, 'administrator.json'))
    planted(join(data, 'keys', 'another.pem'), 'file')
    expect(await runDirectory(['administrator', 'reset', '--yes', '--data', data])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/another\.pem" belongs to user 4242/),
    })
    expect(existsSync(join(data, 'administrator.json'))).toBe(false)
  })
})
