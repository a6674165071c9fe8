import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Metadata, MetadataKind } from '@tufjs/models'
import { requireSigningKey } from '../../../src/directory/updates/signing-keys.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type TestRepository, testRepository } from '../../support/updates/test-repository.ts'
import { type TestUpdates, testUpdates } from '../../support/updates/test-updates.ts'

/** The attacks of The Update Framework's specification, section 1.5.2, by a mirror and by who has some of the keys. */

const DAY_MS = 24 * 60 * 60 * 1000
let path = ''
let release: Disposable
let good: TestRepository
/** Where devices look: the attacker may change anything there. */
let mirror = ''

const at = (folder: string) => ({ url: `${pathToFileURL(folder)}/`, root: good.root })
const ask = async (from = at(mirror), init: Partial<Parameters<typeof testUpdates>[0]> = {}): Promise<TestUpdates> =>
  await (await testUpdates({ folder: join(path, 'device'), from, ...init })).ask()
const updatesFolder = () => join(path, 'device/state/updates')
const nothingTaken = () => expect(readdirSync(updatesFolder()).filter((name) => /^\d/.test(name))).toEqual([])
const publishToMirror = () => cpSync(good.folder, mirror, { recursive: true })
const only = (folder: string, pattern: RegExp) => {
  const [name, ...others] = readdirSync(folder).filter((each) => pattern.test(each))
  if (name === undefined || others.length > 0) throw new Error(`not one ${pattern} in ${folder}`)
  return join(folder, name)
}

beforeEach(async () => {
  const folder = temporaryFolder()
  ;[path, release] = [folder.path, folder]
  good = await testRepository(join(path, 'good'))
  await good.add('1.1.0')
  await good.promote('1.1.0')
  mirror = good.copy('mirror')
})
afterEach(() => release[Symbol.dispose]())

test('without an attack the version is taken', async () => {
  const updates = await ask()
  expect(updates.view()).toMatchObject({ updates: 'waiting' })
  expect(updates.restarts()).toBe(1)
  expect(readdirSync(join(updatesFolder(), '1.1.0')).sort()).toEqual(['bin', 'release.json', 'suretyd'])
})

describe('arbitrary software', () => {
  test.each<[string, () => void, string]>([
    ['a file of the version', () => replaceAll('files', gzipSync('evil')), 'UPDATE_DAMAGED'],
    ['a file that is no gzip', () => replaceAll('files', Buffer.from('evil')), 'UPDATE_DAMAGED'],
    [
      'a file that is cut',
      () => replaceAll('files', gzipSync(Buffer.alloc(100_000)).subarray(0, 40)),
      'UPDATE_DAMAGED',
    ],
    ['the list of files', () => replaceAll('targets/releases/1.1.0', Buffer.from('{}')), 'UPDATE_DAMAGED'],
    ['the channel', () => replaceAll('targets/channels', Buffer.from('{}')), 'UPDATE_DAMAGED'],
    ['a file that is missing', () => rmSync(join(mirror, 'files'), { recursive: true }), 'NOT_FOUND'],
    ['a file that is a link', () => linkAll('files'), 'DIRECTORY_UNREACHABLE'],
  ])('%s is not what was signed', async (_, change, code) => {
    change()
    const updates = await ask()
    expect(updates.code()).toBe(code)
    expect(updates.restarts()).toBe(0)
    nothingTaken()
  })

  test.each(['timestamp', 'snapshot', 'targets'] as const)('%s of other keys is refused', async (role) => {
    await signWith(role, role === 'timestamp' ? 'snapshot' : 'timestamp')
    const updates = await ask()
    expect(updates.code()).toBe('UPDATE_UNTRUSTED')
    nothingTaken()
  })
})

test('wrong keys: refuses a repository of others, and the hash of another root', async () => {
  const evil = await testRepository(join(path, 'evil'))
  await evil.add('6.6.6')
  await evil.promote('6.6.6')
  expect((await ask({ url: evil.url, root: good.root })).code()).toBe('UPDATE_UNTRUSTED')
  expect((await ask({ url: good.url, root: evil.root })).code()).toBe('UPDATE_UNTRUSTED')
  // With one root on the device already.
  await ask()
  expect((await ask({ url: evil.url, root: good.root })).code()).toBe('UPDATE_UNTRUSTED')
  expect(existsSync(join(updatesFolder(), '6.6.6'))).toBe(false)
})

test('wrong keys: a second root that the first one did not sign is refused', async () => {
  const evil = await testRepository(join(path, 'evil'))
  const root = JSON.parse(readFileSync(join(evil.folder, 'metadata/1.root.json'), 'utf8'))
  root.signed.version = 2
  const metadata = Metadata.fromJSON(MetadataKind.Root, root)
  const key = await requireSigningKey(evil, 'root')
  metadata.signatures = {}
  metadata.sign((bytes) => key.sign(bytes))
  writeFileSync(join(mirror, 'metadata/2.root.json'), JSON.stringify(metadata.toJSON()))
  expect((await ask()).code()).toBe('UPDATE_UNTRUSTED')
  nothingTaken()
})

test('rollback: an older state of the repository is refused once a newer one was seen', async () => {
  const old = good.copy('old')
  await good.add('1.2.0')
  await good.promote('1.2.0')
  publishToMirror()
  await ask()
  expect((await ask(at(old))).code()).toBe('UPDATE_UNTRUSTED')
  expect(existsSync(join(updatesFolder(), '1.1.0'))).toBe(false)
})

test('rollback: refuses an old timestamp, also where the newer lists were lost', async () => {
  const old = good.copy('old')
  await good.promote('1.1.0')
  publishToMirror()
  await ask()
  const kept = only(updatesFolder(), /^metadata-/)
  for (const name of ['snapshot.json', 'targets.json', 'root.json']) writeFileSync(join(kept, name), '')
  expect((await ask(at(old))).code()).toBe('UPDATE_UNTRUSTED')
})

test('freeze: refuses and reports a repository without a new signature for a week', async () => {
  const stale = await testRepository(join(path, 'stale'), () => Date.now() - 8 * DAY_MS)
  await stale.add('1.3.0')
  await stale.promote('1.3.0')
  const updates = await ask({ url: stale.url, root: stale.root })
  expect(updates.code()).toBe('UPDATE_EXPIRED')
  expect(updates.warnings()).toEqual(['UPDATES_FAILING'])
  nothingTaken()
})

test('freeze: what is fresh by a wrong clock is not asked for', async () => {
  const updates = await ask(at(mirror), { directoryTime: () => Date.now() + 2 * DAY_MS })
  expect(updates.code()).toBe('CLOCK_OFF')
  nothingTaken()
})

describe('endless data', () => {
  test.each([
    ['timestamp.json', /^timestamp/],
    ['a list of targets', /targets/],
    ['a snapshot', /snapshot/],
  ])('%s without end is refused', async (_, pattern) => {
    const folder = join(mirror, 'metadata')
    for (const name of readdirSync(folder).filter((each) => pattern.test(each))) {
      writeFileSync(join(folder, name), Buffer.alloc(8 * 1024 * 1024, 0x20))
    }
    expect((await ask()).code()).toBe('UPDATE_DAMAGED')
    nothingTaken()
  })

  test('a file that unpacks to more than was signed is refused', async () => {
    replaceAll('files', gzipSync(Buffer.alloc(200 * 1024 * 1024)))
    expect((await ask()).code()).toBe('UPDATE_DAMAGED')
    nothingTaken()
  })

  test('roots without end end', async () => {
    const [first] = [readFileSync(join(mirror, 'metadata/1.root.json'))]
    for (let version = 2; version < 400; version++) writeFileSync(join(mirror, `metadata/${version}.root.json`), first)
    expect((await ask()).code()).toBe('UPDATE_UNTRUSTED')
  })
})

describe('mix and match', () => {
  test.each([/snapshot\.json$/, /targets\.json$/])('%s of another time is refused', async (pattern) => {
    const before = readdirSync(join(mirror, 'metadata')).filter((name) => pattern.test(name))
    await good.add('1.2.0')
    await good.promote('1.2.0')
    const folder = join(good.folder, 'metadata')
    const newest = readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .at(-1)
    publishToMirror()
    // The newest list by name, with an older content.
    cpSync(join(folder, before.sort().at(-1) ?? ''), join(mirror, 'metadata', newest ?? ''))
    expect((await ask()).code()).toBe('UPDATE_UNTRUSTED')
    nothingTaken()
  })
})

test('extraneous software: files that no release names stay where they are', async () => {
  writeFileSync(join(mirror, 'files', `${'0'.repeat(64)}.gz`), gzipSync('more'))
  await ask()
  const taken = readdirSync(join(updatesFolder(), '1.1.0'), { recursive: true, encoding: 'utf8' }).sort()
  expect(taken).toEqual(['bin', 'bin/node', 'release.json', 'suretyd', 'suretyd/same.txt', 'suretyd/suretyd.mjs'])
})

describe('a signed release that no device should take', () => {
  const file = (name: string, content = 'x') => ({
    path: name,
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
  })
  const whole = [file('bin/node'), file('suretyd/suretyd.mjs')]
  test.each<[string, object, string]>([
    ['leads out of its folder', { files: [...whole, file('suretyd/../../../etc/passwd')] }, 'INPUT_MALFORMED'],
    ['has an absolute path', { files: [...whole, file('/etc/passwd')] }, 'INPUT_MALFORMED'],
    ['has a hidden file', { files: [...whole, file('suretyd/.profile')] }, 'INPUT_MALFORMED'],
    ['has a path with a backslash', { files: [...whole, file('suretyd\\a')] }, 'INPUT_MALFORMED'],
    ['names a file twice', { files: [...whole, file('suretyd/A'), file('suretyd/a')] }, 'UPDATE_DAMAGED'],
    ['has a file as a folder', { files: [...whole, file('suretyd/a'), file('suretyd/a/b')] }, 'UPDATE_DAMAGED'],
    ['replaces the list of files', { files: [...whole, file('Release.json')] }, 'UPDATE_DAMAGED'],
    ['lacks the runtime', { files: [file('suretyd/suretyd.mjs')] }, 'UPDATE_DAMAGED'],
    ['is of another version', { version: '1.2.0', files: whole }, 'UPDATE_UNTRUSTED'],
    ['is for another system', { platform: 'darwin-arm64', files: whole }, 'UPDATE_UNTRUSTED'],
    ['is too large for any disk', { files: [...whole, ...hugeFiles()] }, 'UPDATE_DAMAGED'],
    ['has a member that is unknown', { files: whole, script: 'curl | sh' }, 'INPUT_MALFORMED'],
  ])('it %s', async (_, changes, code) => {
    const document = { schema: 'surety/release@1', version: '1.1.0', platform: 'linux-x64', ...changes }
    await good.repository.publish({ 'releases/1.1.0/linux-x64.json': Buffer.from(JSON.stringify(document)) })
    const updates = await ask({ url: good.url, root: good.root })
    expect(updates.code()).toBe(code)
    expect(updates.restarts()).toBe(0)
    nothingTaken()
  })

  function hugeFiles() {
    return ['a', 'b', 'c'].map((name) => ({ ...file(`suretyd/${name}`), bytes: 512 * 1024 * 1024 }))
  }
})

describe('a version that does not run here', () => {
  test.each<[string, Parameters<TestRepository['add']>[1]]>([
    ['says that it is another version', { says: '1.1.0' }],
    ['ends with an error', { exitCode: 1 }],
  ])('it %s', async (_, init) => {
    await good.add('1.4.0', init)
    await good.promote('1.4.0')
    const updates = await ask({ url: good.url, root: good.root })
    expect(updates.code()).toBe('UPDATE_DAMAGED')
    expect(updates.restarts()).toBe(0)
    nothingTaken()
  })
})

describe('a key that was rotated', () => {
  test.each(['root', 'targets', 'snapshot', 'timestamp'] as const)('%s: devices follow', async (role) => {
    await ask()
    const newKeys = join(path, 'new-keys')
    await good.repository.rotate(role, newKeys)
    cpSync(join(newKeys, `${role}.pem`), join(good.keys, `${role}.pem`))
    await good.add('1.5.0')
    await good.promote('1.5.0')
    const updates = await ask({ url: good.url, root: good.root })
    expect(updates.view().lastError).toBeUndefined()
    expect(existsSync(join(updatesFolder(), '1.5.0'))).toBe(true)
  })

  test('what the old key of targets signs is refused', async () => {
    const stolen = join(path, 'stolen')
    cpSync(good.keys, stolen, { recursive: true })
    await good.repository.rotate('targets', join(path, 'new-keys'))
    mirror = good.copy('rotated')
    await signWith('targets', 'targets', stolen)
    expect((await ask()).code()).toBe('UPDATE_UNTRUSTED')
  })
})

function replaceAll(folder: string, bytes: Uint8Array): void {
  for (const name of readdirSync(join(mirror, folder))) writeFileSync(join(mirror, folder, name), bytes)
}

function linkAll(folder: string): void {
  for (const name of readdirSync(join(mirror, folder))) {
    const file = join(mirror, folder, name)
    cpSync(file, `${file}.real`)
    rmSync(file)
    symlinkSync(`${file}.real`, file)
  }
}

/** Has the mirror serve the newest metadata of a role, with lists above that fit, signed with the key of another role. */
async function signWith(
  role: 'timestamp' | 'snapshot' | 'targets',
  signer: typeof role,
  keys = good.keys,
): Promise<void> {
  const folder = join(mirror, 'metadata')
  const key = await requireSigningKey({ keys }, signer)
  const kind = { timestamp: MetadataKind.Timestamp, snapshot: MetadataKind.Snapshot, targets: MetadataKind.Targets }[
    role
  ]
  const names = readdirSync(folder).filter((name) => name.endsWith(`${role}.json`))
  const newest = names.sort((a, b) => (Number.parseInt(a, 10) || 0) - (Number.parseInt(b, 10) || 0)).at(-1) ?? ''
  const metadata = Metadata.fromJSON(
    kind as MetadataKind.Timestamp,
    JSON.parse(readFileSync(join(folder, newest), 'utf8')),
  )
  metadata.signatures = {}
  metadata.sign((bytes) => key.sign(bytes))
  const bytes = Buffer.from(JSON.stringify(metadata.toJSON()))
  writeFileSync(join(folder, newest), bytes)
  if (role === 'timestamp') return
  // An attacker with the online keys makes the lists above fit.
  const above = role === 'targets' ? 'snapshot' : 'timestamp'
  const aboveName = only(
    folder,
    new RegExp(
      `^${JSON.parse(readFileSync(join(folder, 'timestamp.json'), 'utf8')).signed.meta['snapshot.json'].version}.snapshot.json$`,
    ),
  )
  const document = role === 'targets' ? aboveName : join(folder, 'timestamp.json')
  const list = JSON.parse(readFileSync(document, 'utf8'))
  const named = list.signed.meta[`${role}.json`]
  named.length = bytes.length
  named.hashes.sha256 = createHash('sha256').update(bytes).digest('hex')
  list.signed.version += role === 'targets' ? 0 : 1
  const aboveKey = await requireSigningKey({ keys }, above)
  const signed = Metadata.fromJSON(
    (above === 'snapshot' ? MetadataKind.Snapshot : MetadataKind.Timestamp) as MetadataKind.Timestamp,
    list,
  )
  signed.signatures = {}
  signed.sign((data) => aboveKey.sign(data))
  const aboveBytes = Buffer.from(JSON.stringify(signed.toJSON()))
  writeFileSync(document, aboveBytes)
  if (role !== 'targets') return
  const timestamp = JSON.parse(readFileSync(join(folder, 'timestamp.json'), 'utf8'))
  timestamp.signed.meta['snapshot.json'].length = aboveBytes.length
  timestamp.signed.meta['snapshot.json'].hashes.sha256 = createHash('sha256').update(aboveBytes).digest('hex')
  timestamp.signed.version += 1
  const last = Metadata.fromJSON(MetadataKind.Timestamp, timestamp)
  const lastKey = await requireSigningKey({ keys }, 'timestamp')
  last.signatures = {}
  last.sign((data) => lastKey.sign(data))
  writeFileSync(join(folder, 'timestamp.json'), JSON.stringify(last.toJSON()))
}
