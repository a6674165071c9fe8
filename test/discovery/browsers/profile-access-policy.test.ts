import { utf8 } from '../../../src/base/bytes.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import type { NamedProfile } from '../../../src/discovery/browsers/profile-access-policy.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { RecordedMemory } from '../../../src/discovery/files/home-memory.ts'
import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import type { FileReader } from '../../../src/system/files/files.ts'
import { localMounts } from '../../../src/system/mounts/linux.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeFileReader, type FakeNode } from '../../support/fake-file-reader.ts'

/** Folders that processes named, on machines with mounts of all kinds: what is touched, and what is said of the others. */

const ID = 'a'.repeat(32)
const NAMED = 'folder of profiles that processes named:'
const ROOT = '20 1 8:1 / / rw - ext4 /dev/sda1 rw'
const mount = (place: string, type: string) => `30 20 0:30 / ${place} rw - ${type} x rw`
const profileIn = (folder: string): Record<string, FakeNode> => ({
  [`${folder}/Preferences`]: '{}',
  [`${folder}/Extensions/${ID}/1/manifest.json`]: JSON.stringify({ name: 'Found', version: '1' }),
})
const HOME: Record<string, FakeNode> = {
  '/home/alice/.profile': '',
  '/data/team/extensions.json': JSON.stringify({ addons: [{ id: 'x@y', type: 'extension' }] }),
  ...profileIn('/data/team/Default'),
  ...profileIn('/data/team/far'),
  ...profileIn('/home/alice/remote/Default'),
  ...profileIn('/tmp/x/Default'),
  '/data/link': { link: '/data/team' },
}

interface Look {
  readonly nodes?: Record<string, FakeNode>
  readonly mounts?: readonly string[] | 'unknown'
  readonly userId?: string
  readonly task?: DiscoveryTask
  readonly saved?: string
  readonly home?: string
  /** What begins so cannot be looked at. */
  readonly closed?: string
}

async function look(paths: readonly (string | NamedProfile)[], { nodes = HOME, mounts = [], ...more }: Look = {}) {
  const { userId = '1000', task = 'chromium', saved = '', home = '/home/alice', closed } = more
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
    stat: async (path) => {
      if (closed !== undefined && path.startsWith(closed)) throw new SuretyError('FILE_UNREADABLE', path)
      return await fake.stat(touch(path))
    },
    withRegular: (path, use) => fake.withRegular(touch(path), use),
  }
  const readMark = (path: string) => ({ mark: touch(path), changedAtMs: 0 })
  const memory = new RecordedMemory({ files, readMark }, { subject: 'x', saved, nowMs: 1e9 })
  const profiles = paths.map((path): NamedProfile => {
    if (typeof path !== 'string') return path
    return task === 'firefox' ? { family: 'firefox', product: 'f', path } : { family: 'chromium', product: 'c', path }
  })
  const local = () => (mounts === 'unknown' ? undefined : localMounts(utf8([ROOT, ...mounts].join('\n'))))
  const init = { user: { id: userId, name: 'alice' }, home, catalogue: builtInCatalogue(), profiles }
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
  const { found, faults } = await look(['/data/team', '/tmp/x', '/home/alice/remote'], {
    mounts: [mount('/data', 'xfs'), mount('/tmp', 'tmpfs')],
  })
  expect([found, faults]).toEqual([['/data/team/Default', '/data/team/far', '/tmp/x/Default', '~/remote/Default'], []])
  expect((await look(['/data/team'], { task: 'firefox' })).found).toEqual(['/data/team'])
})

test.each<[string, string, Look, string, string | undefined]>([
  ['on a network', '/data/team', { mounts: [mount('/data', 'nfs4')] }, 'on nfs4, which may not answer', '/data'],
  [
    'that is one',
    '/data/team',
    { mounts: [mount('/data/team', 'cifs')] },
    'on cifs, which may not answer',
    '/data/team',
  ],
  ['of a program', '/data/team', { mounts: [mount('/data', 'fuse.x')] }, 'on fuse.x, which may not answer', '/data'],
  ['among temporary files', '/tmp/x', { mounts: [mount('/tmp', 'fuse')] }, 'on fuse, which may not answer', '/tmp'],
  [
    'of a kind that nobody knows',
    '/data/team',
    { mounts: [mount('/data', 'x')] },
    'on x, which may not answer',
    '/data',
  ],
  ['of the kernel', '/proc/self', { mounts: [mount('/proc', 'proc')] }, 'on proc, which may not answer', '/proc'],
  [
    'where nobody knows what is mounted',
    '/data/team',
    { mounts: 'unknown' },
    'what is mounted there cannot be known',
    undefined,
  ],
  ['with a detour', '/home/alice/../../data/team', {}, 'not the plain absolute path of a folder', undefined],
  ['with a zero byte', '/data/team\0', {}, 'not the plain absolute path of a folder', undefined],
  ['that is the root', '/', {}, 'not the plain absolute path of a folder', undefined],
  [
    'where the home is the root',
    '/data/team',
    { home: '/', mounts: [mount('/data', 'nfs')] },
    'on nfs, which may not answer',
    '/data',
  ],
])('a folder %s is not touched, and that is said', async (_name, path, init, reason, place) => {
  const { found, faults, touched, sources } = await look([path], init)
  expect([found, faults]).toEqual([[], [[place, 'unreadable', `1 ${NAMED} ${reason}`]]])
  expect(touched.filter((each) => each.startsWith('/data') || each.startsWith('/tmp'))).toEqual([])
  expect(sources[0]).toMatchObject({ source: 'chromium-extensions', user: { name: 'alice' }, items: 0 })
})

test.each<[string, string, Look, string, string]>([
  ['is a link', '/data/link', {}, 'behind a link', '/data/link'],
  ['lies behind one', '/data/link/said', {}, 'behind a link', '/data/link'],
  [
    'is of somebody else',
    '/home/bob/said',
    { nodes: { ...HOME, '/home/bob': { fails: 'FILE_UNREADABLE' } }, closed: '/home/bob/' },
    'behind what this person may not pass',
    '/home/bob',
  ],
  ['a browser of root was told', '/data/team', { userId: '0' }, 'not opened with the rights of root', '/data/team'],
])('does not read a folder that %s, and reports why where it lies', async (_name, path, init, reason, place) => {
  const { found, faults } = await look([path], init)
  expect([found, faults]).toEqual([[], [[place, 'unreadable', `1 ${NAMED} ${reason}`]]])
})

test('a folder that is a file is not read, and that is said', async () => {
  const { found, faults } = await look(['/data/team/extensions.json'])
  expect([found, faults.map(([path]) => path)]).toEqual([[], ['/data/team/extensions.json']])
})

test('reports nothing of an absent folder of root: the words could be anything', async () => {
  expect((await look(['/data/words'], { userId: '0' })).faults).toEqual([])
})

test('a folder that is not there is nothing to tell of', async () => {
  const { found, faults } = await look(['/data/absent'])
  expect([found, faults]).toEqual([[], []])
})

test('reports an absent folder of a process that sees other mounts', async () => {
  const at = (path: string) => ({ family: 'chromium', product: 'c', path, apart: true }) as const
  const { found, faults } = await look(
    ['/data/team', '/data/absent', '/home/alice/remote', '/home/alice/absent'].map(at),
  )
  expect(found).toEqual(['/data/team/Default', '/data/team/far', '~/remote/Default'])
  expect(faults).toEqual([
    [
      ...[undefined, 'unreadable'],
      '2 folders of profiles that processes named: it is not there: its process sees other mounts',
    ],
  ])
})

test('does not touch a mount below the folder, and reports the profiles around it', async () => {
  const init = { mounts: [mount('/data/team/far', 'nfs4')] }
  const { found, faults, touched } = await look(['/data/team'], init)
  expect(found).toEqual(['/data/team/Default'])
  expect(faults).toEqual([['/data/team/far', 'unreadable', '"/data/team/far" lies on nfs4, which may not answer']])
  expect(touched.filter((path) => path.startsWith('/data/team/far'))).toEqual([])
})

test('reads a home on a network mount, also where a process named a folder around it', async () => {
  const init = { mounts: [mount('/home/alice', 'nfs4')] }
  const { found, faults } = await look(['/home', '/home/alice/remote'], init)
  expect([found, faults]).toEqual([['~/remote/Default'], []])
})

test('what is remembered of a folder is not compared with what is mounted there now', async () => {
  const local = await look(['/data/team'])
  expect(local.found).toEqual(['/data/team/Default', '/data/team/far'])
  const { saved } = local
  const again = await look(['/data/team'], { saved })
  expect([again.found, again.touched.includes('/data/team/far')]).toEqual([local.found, true])
  for (const place of ['/data', '/data/team', '/data/team/far', '/data/team/far/Extensions']) {
    const { touched, faults } = await look(['/data/team'], { saved, mounts: [mount(place, 'nfs4')] })
    const below = touched.filter((path) => path.startsWith(place))
    expect([place, below, faults.length]).toEqual([place, [], 1])
  }
})

test('reports many folders on one mount once, by the mount', async () => {
  const paths = Array.from({ length: 32 }, (_, at) => `/data/${at}`)
  const { faults } = await look(paths, { mounts: [mount('/data', 'nfs4')] })
  const reason = '32 folders of profiles that processes named: on nfs4, which may not answer'
  expect(faults).toEqual([['/data', 'unreadable', reason]])
})
