import { utf8 } from '../../src/base/bytes.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { RecordedMemory } from '../../src/discovery/home-memory.ts'
import type { DiscoveryTask } from '../../src/discovery/home-reader.ts'
import type { NamedProfile } from '../../src/discovery/named-profiles.ts'
import { readHome } from '../../src/discovery/read-home.ts'
import type { FileReader } from '../../src/system/files.ts'
import { localMounts } from '../../src/system/local-mounts.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { FakeFileReader, type FakeNode } from '../fakes/fake-file-reader.ts'

/** Folders that processes named, on machines with mounts of all kinds: what is touched, and what is said of the others. */

const ID = 'a'.repeat(32)
const ROOT = '20 1 8:1 / / rw - ext4 /dev/sda1 rw'
const mount = (place: string, type: string) => `30 20 0:30 / ${place} rw - ${type} x rw`
const profileIn = (folder: string): Record<string, FakeNode> => ({
  [`${folder}/Preferences`]: '{}',
  [`${folder}/Extensions/${ID}/1/manifest.json`]: JSON.stringify({ name: 'Found', version: '1' }),
})
const HOME: Record<string, FakeNode> = {
  '/home/alice/.profile': '',
  '/data/work/extensions.json': JSON.stringify({ addons: [{ id: 'x@y', type: 'extension' }] }),
  ...profileIn('/data/work/Default'),
  ...profileIn('/data/work/far'),
  ...profileIn('/home/alice/remote/Default'),
  ...profileIn('/tmp/x/Default'),
  '/data/link': { link: '/data/work' },
}

interface Look {
  readonly nodes?: Record<string, FakeNode>
  readonly mounts?: readonly string[] | 'unknown'
  readonly uid?: number
  readonly task?: DiscoveryTask
  readonly saved?: string
  readonly home?: string
}

async function look(paths: readonly (string | NamedProfile)[], { nodes = HOME, mounts = [], ...more }: Look = {}) {
  const { uid = 1000, task = 'chromium', saved = '', home = '/home/alice' } = more
  const fake = new FakeFileReader(nodes)
  const touched: string[] = []
  const touch = (path: string) => {
    touched.push(path)
    return path
  }
  const files: FileReader = {
    read: (path, options) => fake.read(touch(path), options),
    readText: (path, options) => fake.readText(touch(path), options),
    list: (path, options) => fake.list(touch(path), options),
    stat: (path) => fake.stat(touch(path)),
    withRegular: (path, use) => fake.withRegular(touch(path), use),
  }
  const readMark = (path: string) => ({ mark: touch(path), changedAtMs: 0 })
  const memory = new RecordedMemory({ files, readMark }, { subject: 'x', saved, nowMs: 1e9 })
  const profiles = paths.map((path): NamedProfile => {
    if (typeof path !== 'string') return path
    return task === 'firefox' ? { family: 'firefox', product: 'f', path } : { family: 'chromium', product: 'c', path }
  })
  const local = () => (mounts === 'unknown' ? undefined : localMounts(utf8([ROOT, ...mounts].join('\n'))))
  const init = { user: { uid, name: 'alice' }, home, catalogue: builtInCatalogue(), profiles }
  const { sightings, sources } = await readHome({ files, clock: new FakeClock(), memory, mounts: local }, init, task)
  return {
    found: sightings.map((each) => 'profile' in each && each.profile),
    faults: sources.filter(({ state }) => state !== 'parsed').map(({ path, state, reason }) => [path, state, reason]),
    sources,
    touched,
    saved: memory.save() ?? saved,
  }
}

test('a folder outside the home is read like any other where its file system is local', async () => {
  const { found, faults } = await look(['/data/work', '/tmp/x', '/home/alice/remote'], {
    mounts: [mount('/data', 'xfs'), mount('/tmp', 'tmpfs')],
  })
  expect([found, faults]).toEqual([['/data/work/Default', '/data/work/far', '/tmp/x/Default', '~/remote/Default'], []])
  expect((await look(['/data/work'], { task: 'firefox' })).found).toEqual(['/data/work'])
})

test.each<[string, string, Look, RegExp]>([
  ['on a network', '/data/work', { mounts: [mount('/data', 'nfs4')] }, /lies on nfs4, which may not answer/],
  ['that is one', '/data/work', { mounts: [mount('/data/work', 'cifs')] }, /lies on cifs, which may not answer/],
  ['of a program', '/data/work', { mounts: [mount('/data', 'fuse.sshfs')] }, /lies on fuse\.sshfs/],
  ['among temporary files, of a program', '/tmp/x', { mounts: [mount('/tmp/x', 'fuse')] }, /lies on fuse/],
  ['of a kind that nobody knows', '/data/work', { mounts: [mount('/data', 'newfs')] }, /lies on newfs/],
  ['of the kernel', '/proc/self', { mounts: [mount('/proc', 'proc')] }, /lies on proc/],
  ['where nobody knows what is mounted', '/data/work', { mounts: 'unknown' }, /cannot be told what is mounted/],
  ['with a detour', '/home/alice/../../data/work', {}, /^it is not the plain absolute path of a folder$/],
  ['with a zero byte', '/data/work\0', {}, /^it is not the plain absolute path of a folder$/],
  ['that is the root', '/', {}, /^it is not the plain absolute path of a folder$/],
  ['of a root that starts browsers', '/data/work', { uid: 0 }, /is not opened with the rights of root/],
  ['where the home is the root', '/data/work', { home: '/', mounts: [mount('/data', 'nfs')] }, /lies on nfs/],
])('a folder %s is not touched, and that is said', async (_name, path, init, reason) => {
  const { found, faults, touched, sources } = await look([path], init)
  expect([found, faults]).toEqual([[], [[path, 'unreadable', expect.stringMatching(reason)]]])
  expect(touched.filter((each) => each.startsWith('/data') || each.startsWith('/tmp'))).toEqual([])
  expect(sources[0]).toMatchObject({ source: 'chromium-extensions', user: { name: 'alice' }, items: 0 })
})

test.each<[string, string, Record<string, FakeNode>, string]>([
  ['is a link', '/data/link', {}, 'is a link'],
  ['lies behind one', '/data/link/Default', {}, 'is a link'],
  ['is of somebody else', '/home/bob/p', { '/home/bob/p': { fails: 'FILE_UNREADABLE' } }, 'FILE_UNREADABLE'],
  ['is a file', '/data/work/extensions.json', {}, 'regular'],
])('a folder that %s is not read, and that is said', async (_name, path, nodes, reason) => {
  const { found, faults } = await look([path], { nodes: { ...HOME, ...nodes } })
  expect([found, faults.map(([at]) => at)]).toEqual([[], [path]])
  expect(String(faults[0]?.[2])).toContain(reason)
})

test('a folder that is not there is nothing to tell of', async () => {
  const { found, faults } = await look(['/data/absent'])
  expect([found, faults]).toEqual([[], []])
})

test('of a process that sees other mounts, what is not there is told: it lies where we do not look', async () => {
  const at = (path: string) => ({ family: 'chromium', product: 'c', path, apart: true }) as const
  const { found, faults } = await look(
    ['/data/work', '/data/absent', '/home/alice/remote', '/home/alice/absent'].map(at),
  )
  expect(found).toEqual(['/data/work/Default', '/data/work/far', '~/remote/Default'])
  expect(faults).toEqual(
    ['/data/absent', '/home/alice/absent'].map((path) => [
      ...[path, 'unreadable', `"${path}" is not there: its process sees other mounts`],
    ]),
  )
})

test('a mount below the folder is not touched either, and the profiles around it are told', async () => {
  const init = { mounts: [mount('/data/work/far', 'nfs4')] }
  const { found, faults, touched } = await look(['/data/work'], init)
  expect(found).toEqual(['/data/work/Default'])
  expect(faults).toEqual([['/data/work/far', 'unreadable', '"/data/work/far" lies on nfs4, which may not answer']])
  expect(touched.filter((path) => path.startsWith('/data/work/far'))).toEqual([])
})

test('a home that lies on a network is read, also where a process named a folder around it', async () => {
  const init = { mounts: [mount('/home/alice', 'nfs4')] }
  const { found, faults } = await look(['/home', '/home/alice/remote'], init)
  expect([found, faults]).toEqual([['~/remote/Default'], []])
})

test('what is remembered of a folder is not compared with what is mounted there now', async () => {
  const local = await look(['/data/work'])
  expect(local.found).toEqual(['/data/work/Default', '/data/work/far'])
  const { saved } = local
  const again = await look(['/data/work'], { saved })
  expect([again.found, again.touched.includes('/data/work/far')]).toEqual([local.found, true])
  for (const place of ['/data', '/data/work', '/data/work/far', '/data/work/far/Extensions']) {
    const { touched, faults } = await look(['/data/work'], { saved, mounts: [mount(place, 'nfs4')] })
    expect([place, touched.filter((path) => path.startsWith(place)), faults.length]).toEqual([place, [], 1])
  }
})

test('of many each is told once', async () => {
  const paths = Array.from({ length: 32 }, (_, at) => `/data/${at}`)
  const { faults } = await look(paths, { mounts: [mount('/data', 'nfs4')] })
  expect(faults.map(([path]) => path)).toEqual(paths)
})
