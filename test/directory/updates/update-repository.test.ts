import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { keepFresh } from '../../../src/directory/updates/keep-fresh.ts'
import {
  addRelease,
  listReleases,
  promote,
  readChannel,
  verifyContent,
} from '../../../src/directory/updates/releases.ts'
import { initRepository, openRepository, type Repository } from '../../../src/directory/updates/repository.ts'
import { ROLES } from '../../../src/directory/updates/signing-keys.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { PLATFORM, type TestRepository, testRepository } from '../../support/updates/test-repository.ts'
import { waitFor } from '../../support/wait-for.ts'

const DAY_MS = 24 * 60 * 60 * 1000
let path = ''
let release: Disposable
let clock: FakeClock
let made: TestRepository
const places = () => ({ folder: made.folder, keys: made.keys })
const again = () => openRepository(clock, places())
const versionOf = (name: string) => JSON.parse(readFileSync(join(made.folder, 'metadata', name), 'utf8')).signed.version

beforeEach(async () => {
  const folder = temporaryFolder()
  ;[path, release] = [folder.path, folder]
  clock = new FakeClock()
  made = await testRepository(path, () => clock.now())
})
afterEach(() => release[Symbol.dispose]())

test('a repository is made once, with four keys that only their owner reads', async () => {
  expect(readdirSync(made.keys).sort()).toEqual(['root.pem', 'snapshot.pem', 'targets.pem', 'timestamp.pem'])
  expect(await codeThrown(() => initRepository(clock, places()))).toBe('CONFLICT')
  expect(await codeThrown(() => initRepository(clock, { ...places(), folder: join(path, 'other') }))).toBe('CONFLICT')
  expect(made.root).toMatch(/^[0-9a-f]{64}$/)
  for (const folder of [made.folder, made.keys]) expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test('adds a version once, stores equal files once, and refuses other files', async () => {
  await made.add('1.1.0')
  const files = readdirSync(join(made.folder, 'files')).length
  await made.add('1.1.0')
  await made.add('1.2.0')
  // One of three is the same.
  expect(readdirSync(join(made.folder, 'files'))).toHaveLength(files + 2)
  expect(await codeThrown(() => made.add('1.1.0', { files: { 'suretyd/more.txt': 'x' } }))).toBe('CONFLICT')
  expect(listReleases(await again())).toEqual([
    { version: '1.2.0', platform: PLATFORM },
    { version: '1.1.0', platform: PLATFORM },
  ])
  expect(await verifyContent(await again(), made.folder)).toBe(files + 2)
})

test('versions are listed by number and not by letter', async () => {
  for (const version of ['1.9.0', '1.10.0', '1.2.0']) await made.add(version)
  expect(listReleases(made.repository).map(({ version }) => version)).toEqual(['1.10.0', '1.9.0', '1.2.0'])
})

describe('a folder that is no program is refused', () => {
  const whole = ['bin/node', 'suretyd/suretyd.mjs']
  test.each<[string, (from: string) => void, string]>([
    ['is missing', (from) => rmSync(from, { recursive: true }), 'NOT_FOUND'],
    ['lacks the runtime', (from) => rmSync(join(from, 'bin/node')), 'NOT_FOUND'],
    ['lacks the daemon', (from) => rmSync(join(from, 'suretyd/suretyd.mjs')), 'NOT_FOUND'],
    ['has a link', (from) => symlinkSync('/etc/passwd', join(from, 'suretyd/link')), 'FILE_NOT_REGULAR'],
    ['has a hidden file', (from) => writeFileSync(join(from, 'suretyd/.env'), ''), 'INPUT_MALFORMED'],
  ])('%s', async (_, spoil, code) => {
    const from = join(path, 'program')
    for (const name of whole) {
      mkdirSync(join(from, name, '..'), { recursive: true })
      writeFileSync(join(from, name), name)
    }
    spoil(from)
    const init = { folder: made.folder, version: '1.1.0', platform: PLATFORM, from }
    expect(await codeThrown(() => addRelease(made.repository, init))).toBe(code)
    expect(listReleases(await again())).toEqual([])
  })
})

test('the layout of a Mac has its runtime in the same place of the release', async () => {
  const from = join(path, 'mac')
  mkdirSync(join(from, 'suretyd'), { recursive: true })
  writeFileSync(join(from, 'node'), 'runtime')
  writeFileSync(join(from, 'suretyd/suretyd.mjs'), 'daemon')
  const init = { folder: made.folder, version: '1.1.0', platform: 'darwin-arm64' as const, from }
  const { files } = await addRelease(made.repository, init)
  expect(files.map(({ path: name, executable }) => [name, executable])).toEqual([
    ['bin/node', true],
    ['suretyd/suretyd.mjs', undefined],
  ])
})

test('a version for Windows has its runtime where the package has it, as an .exe', async () => {
  const from = join(path, 'windows')
  mkdirSync(join(from, 'suretyd'), { recursive: true })
  writeFileSync(join(from, 'suretyd/suretyd.mjs'), 'daemon')
  writeFileSync(join(from, 'node'), 'of another system')
  const init = { folder: made.folder, version: '1.1.0', platform: 'windows-x64' as const, from }
  expect(await codeThrown(() => addRelease(made.repository, init))).toBe('NOT_FOUND')
  writeFileSync(join(from, 'node.exe'), 'runtime')
  const { files } = await addRelease(made.repository, init)
  expect(files.map(({ path: name }) => name)).toEqual(['node.exe', 'suretyd/suretyd.mjs'])
})

test('a channel is rolled out in stages, and goes back', async () => {
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) await made.add(version)
  const offer = (version: string, percent: number) => promote(made.repository, { channel: 'stable', version, percent })
  expect(await codeThrown(() => offer('1.1.0', 10))).toBe('CONFLICT')
  expect(await codeThrown(() => offer('9.0.0', 100))).toBe('NOT_FOUND')
  expect((await offer('1.0.0', 100)).releases).toEqual([{ version: '1.0.0', percent: 100 }])
  await offer('1.1.0', 10)
  expect((await offer('1.1.0', 50)).releases).toEqual([
    { version: '1.1.0', percent: 50 },
    { version: '1.0.0', percent: 100 },
  ])
  // Another one in its place: the rest keeps what all had.
  expect((await offer('1.2.0', 5)).releases).toEqual([
    { version: '1.2.0', percent: 5 },
    { version: '1.0.0', percent: 100 },
  ])
  expect((await offer('1.2.0', 100)).releases).toEqual([{ version: '1.2.0', percent: 100 }])
  expect((await offer('1.0.0', 100)).releases).toEqual([{ version: '1.0.0', percent: 100 }])
  expect(await readChannel(await again(), 'beta')).toBeUndefined()
})

describe('keys', () => {
  test.each<[string, string, (keys: string) => void, string]>([
    ['is missing', 'targets', (key) => rmSync(key), 'KEY_NOT_FOUND'],
    ['can be read by others', 'targets', (key) => chmodSync(key, 0o644), 'NOT_PERMITTED'],
    ['is no key', 'timestamp', (key) => writeFileSync(key, 'nothing'), 'KEY_MALFORMED'],
    ['is a link', 'snapshot', (key) => renameSync(key, `${key}.real`) ?? symlinkSync('root.pem', key), 'FILE_IS_LINK'],
    ['is that of another role', 'targets', (key) => cpSync(join(key, '../root.pem'), key), 'KEY_NOT_FOUND'],
  ])('one that %s: nothing is written', async (_, role, spoil, code) => {
    await made.add('1.1.0')
    const before = readdirSync(join(made.folder, 'metadata'))
    spoil(join(made.keys, `${role}.pem`))
    expect(await codeThrown(() => made.promote('1.1.0'))).toBe(code)
    expect(readdirSync(join(made.folder, 'metadata'))).toEqual(before)
  })

  describe('with a passphrase', () => {
    const words = 'correct horse battery st\u00e4ple'
    const sealed = () => ({ folder: join(path, 'sealed'), keys: join(path, 'sealed-keys') })
    const openWith = (passphrase?: string) =>
      openRepository(clock, {
        ...sealed(),
        ...(passphrase === undefined ? {} : { passphraseOf: async () => passphrase }),
      })
    const isSealed = (folder: string, role: string) =>
      readFileSync(join(folder, `${role}.pem`), 'utf8').startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----\n')
    const written = () => readdirSync(sealed().folder, { recursive: true }).sort()
    const addTo = async (repository: Repository) => {
      const init = { folder: sealed().folder, version: '1.1.0', platform: PLATFORM, from: join(path, 'program-1.1.0') }
      return await addRelease(repository, init)
    }

    beforeEach(async () => {
      await made.add('1.1.0')
      await initRepository(clock, { ...sealed(), passphrase: words })
    })

    test('those of root and targets need it, and the directory signs without it', async () => {
      expect(ROLES.filter((role) => isSealed(sealed().keys, role))).toEqual(['root', 'targets'])
      const repository = await openWith(words)
      await addTo(repository)
      await promote(repository, { channel: 'stable', version: '1.1.0', percent: 100 })
      // The same letters, typed on another system.
      await (await openWith(words.normalize('NFD'))).renewTargets()
      await (await openWith()).refresh()
      expect(await verifyContent(await openWith(), sealed().folder)).toBeGreaterThan(0)
    })

    test('OpenSSL opens them', () => {
      const key = join(sealed().keys, 'root.pem')
      const args = ['pkey', '-in', key, '-passin', `pass:${words}`, '-noout', '-text']
      expect(execFileSync('/usr/bin/openssl', args, { encoding: 'utf8' })).toContain('ED25519 Private-Key')
    })

    test.each<[string, string | undefined, string]>([
      ['another one', 'correct horse battery staple', 'KEY_AUTHORISATION_FAILED'],
      ['none', undefined, 'USAGE_INVALID'],
    ])('with %s nothing is written', async (_, passphrase, code) => {
      const before = written()
      const repository = await openWith(passphrase)
      const newKeys = join(path, 'new-keys')
      for (const work of [
        () => addTo(repository),
        () => repository.renewTargets(),
        () => repository.rotate('targets', newKeys),
      ]) {
        expect(await codeThrown(work)).toBe(code)
      }
      expect(written()).toEqual(before)
      expect(existsSync(newKeys)).toBe(false)
    })

    test('refuses a damaged file like another passphrase', async () => {
      const key = join(sealed().keys, 'targets.pem')
      writeFileSync(
        key,
        readFileSync(key, 'utf8')
          .replace(/[A-Za-z]{8}(?=\n-----END)/, 'AAAAAAAA')
          .replace(/\n(.)/, '\nN'),
      )
      const repository = await openWith(words)
      expect(await codeThrown(() => repository.renewTargets())).toBe('KEY_AUTHORISATION_FAILED')
    })

    test('keys that had none get one when they are replaced', async () => {
      const newKeys = join(path, 'new-keys')
      await made.repository.rotate('targets', newKeys, words)
      await made.repository.rotate('timestamp', newKeys, words)
      expect(['targets', 'timestamp'].map((role) => isSealed(newKeys, role))).toEqual([true, false])
    })

    test('their successors have the same one', async () => {
      const repository = await openWith(words)
      const newKeys = join(path, 'new-keys')
      for (const role of ['targets', 'timestamp'] as const) {
        await repository.rotate(role, newKeys)
        cpSync(join(newKeys, `${role}.pem`), join(sealed().keys, `${role}.pem`))
      }
      await repository.rotate('root', newKeys)
      expect(['root', 'targets', 'timestamp'].filter((role) => isSealed(newKeys, role))).toEqual(['root', 'targets'])
      await (await openWith(words)).renewTargets()
    })
  })

  test('snapshot and timestamp are enough to keep a repository fresh', async () => {
    rmSync(join(made.keys, 'root.pem'))
    rmSync(join(made.keys, 'targets.pem'))
    const before = (await again()).expiries()
    await clock.advance(DAY_MS)
    await made.repository.refresh()
    const after = (await again()).expiries()
    expect(after.timestamp - before.timestamp).toBe(DAY_MS)
    expect(after.targets).toBe(before.targets)
    expect(await codeThrown(() => made.repository.renewTargets())).toBe('KEY_NOT_FOUND')
  })

  test('versions never go back, also when the clock does', async () => {
    const first = versionOf('timestamp.json')
    clock = new FakeClock(clock.now() - 30 * DAY_MS)
    await made.repository.refresh()
    expect(versionOf('timestamp.json')).toBe(first + 1)
  })

  test('what is refreshed where it is served, and released elsewhere, has one order', async () => {
    const served = join(path, 'served')
    cpSync(made.folder, served, { recursive: true })
    const there = await openRepository(clock, { folder: served, keys: made.keys })
    for (let day = 0; day < 20; day++) {
      await clock.advance(DAY_MS)
      await there.refresh()
    }
    await clock.advance(1_000)
    await made.repository.refresh()
    const version = JSON.parse(readFileSync(join(served, 'metadata/timestamp.json'), 'utf8')).signed.version
    expect(versionOf('timestamp.json')).toBeGreaterThan(version)
  })

  test('a key that is rotated must then be in its place', async () => {
    const newKeys = join(path, 'new')
    await made.repository.rotate('timestamp', newKeys)
    expect((await again()).root.version).toBe(2)
    expect(await codeThrown(() => made.repository.refresh())).toBe('KEY_NOT_FOUND')
    cpSync(join(newKeys, 'timestamp.pem'), join(made.keys, 'timestamp.pem'))
    await made.repository.refresh()
    expect(await codeThrown(() => made.repository.rotate('timestamp', newKeys))).toBe('CONFLICT')
  })
})

test('a directory signs the timestamp again, long before it ends', async () => {
  const stop = new AbortController()
  const before = (await again()).expiries().timestamp
  const kept = keepFresh({ clock, log: silentLog }, places(), { signal: stop.signal })
  await waitFor('the first look', () => clock.sleeping === 1)
  expect((await again()).expiries().timestamp).toBe(before)
  await clock.advance(4 * DAY_MS)
  await waitFor('the new timestamp', async () => (await again()).expiries().timestamp > before)
  stop.abort()
  await kept
})

describe('a copy is verified', () => {
  test.each<[string, RegExp, string]>([
    ['timestamp', /^timestamp/, 'UPDATE_UNTRUSTED'],
    ['snapshot', /snapshot/, 'UPDATE_UNTRUSTED'],
    ['targets', /targets/, 'UPDATE_UNTRUSTED'],
    ['root', /root/, 'UPDATE_UNTRUSTED'],
  ])('%s that was changed', async (_, pattern, code) => {
    for (const name of readdirSync(join(made.folder, 'metadata')).filter((each) => pattern.test(each))) {
      const file = join(made.folder, 'metadata', name)
      writeFileSync(file, readFileSync(file, 'utf8').replace('"expires":"20', '"expires":"21'))
    }
    expect(await codeThrown(again)).toBe(code)
  })

  test('a file that was changed, is missing or is cut', async () => {
    await made.add('1.1.0')
    const [name = ''] = readdirSync(join(made.folder, 'files'))
    const file = join(made.folder, 'files', name)
    const bytes = readFileSync(file)
    for (const spoil of [() => writeFileSync(file, bytes.subarray(0, 30)), () => rmSync(file)]) {
      spoil()
      expect(await codeThrown(async () => verifyContent(await again(), made.folder))).toBe('UPDATE_DAMAGED')
    }
    // Adding it again mends it.
    await made.add('1.1.0')
    expect(existsSync(file)).toBe(true)
    expect(await verifyContent(await again(), made.folder)).toBe(3)
  })

  test('a folder without a repository', async () => {
    expect(await codeThrown(() => openRepository(clock, { ...places(), folder: path }))).toBe('NOT_FOUND')
  })
})
