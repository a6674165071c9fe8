import { type RealHomesComponents, realHome, withRealHomes } from '../../../src/system/users/real-homes.ts'
import type { LocalUser } from '../../../src/system/users/users.ts'

/** Homes behind links: a link of root's is followed where root alone could have placed it, and no other link. */

interface Node {
  readonly uid?: number
  readonly mode?: number
  readonly link?: string
}
type Tree = Readonly<Record<string, Node>>

/** Folders and links belong to root unless `tree` says otherwise. Keeps the paths that were asked for. */
function componentsIn(tree: Tree, mounts: Readonly<Record<string, string>> = {}) {
  const asked: string[] = []
  const components: RealHomesComponents = {
    hangingMounts: () => new Map(Object.entries(mounts)),
    lstat(path) {
      asked.push(path)
      const node = path === '/' ? (tree['/'] ?? {}) : tree[path]
      if (node === undefined) return undefined
      const { uid = 0, link, mode = link === undefined ? 0o40_755 : 0o120_777 } = node
      return { uid, mode, isSymbolicLink: () => link !== undefined, isDirectory: () => link === undefined }
    },
    readlink: (path) => tree[path]?.link,
  }
  return { components, asked }
}

const ALICE: Tree = { '/var': {}, '/var/home': {}, '/var/home/alice': { uid: 1000, mode: 0o40_700 } }
const ATOMIC: Tree = { ...ALICE, '/home': { link: 'var/home' } }

test.each<[string, Tree, string, string]>([
  ['a link at the root, relative', ATOMIC, '/home/alice', '/var/home/alice'],
  ['the same, absolute', { ...ALICE, '/home': { link: '/var/home' } }, '/home/alice', '/var/home/alice'],
  ['spelt with detours', ATOMIC, '//home/./alice/', '/var/home/alice'],
  ['a link to a link', { ...ATOMIC, '/u': { link: 'home' } }, '/u/alice', '/var/home/alice'],
  [
    'a link that climbs',
    { ...ATOMIC, '/srv': {}, '/srv/u': { link: '../home/../home' } },
    '/srv/u/alice',
    '/var/home/alice',
  ],
  [
    'the home itself',
    { ...ALICE, '/home': {}, '/home/alice': { link: '/var/home/alice' } },
    '/home/alice',
    '/var/home/alice',
  ],
  [
    'a home of root',
    { ...ATOMIC, '/root': { link: 'var/roothome' }, '/var/roothome': { mode: 0o40_700 } },
    '/root',
    '/var/roothome',
  ],
  ['where nothing lies', { '/home': { link: '/gone/home' } }, '/home/alice', '/gone/home/alice'],
  [
    'up to a link of the user',
    { ...ATOMIC, '/var/home/alice': { uid: 1000, link: '/etc' } },
    '/home/alice',
    '/var/home/alice',
  ],
  [
    'up to a link in a folder of another user',
    { ...ATOMIC, '/var/home': { uid: 7 }, '/var/home/alice': { link: '/etc' } },
    '/home/alice',
    '/var/home/alice',
  ],
])('%s: links of root are followed', (_, tree, home, real) => {
  expect(realHome(componentsIn(tree).components, home)).toBe(real)
})

const loop = { '/home': { link: '/var/home' }, '/var': {}, '/var/home': { link: '/home' } }
const chain = (length: number): Tree =>
  Object.fromEntries([
    ...Array.from({ length }, (_, at) => [`/l${at}`, { link: `l${at + 1}` }] as const),
    [`/l${length}`, {}] as const,
  ])

test.each<[string, Tree, string]>([
  ['no link at all', ALICE, '/var/home/alice'],
  [
    'a link of another user in a folder of root',
    { ...ATOMIC, '/home': { link: 'var/home', uid: 1000 } },
    '/home/alice',
  ],
  [
    'a link of root in a folder of another user',
    { '/data': { uid: 1000 }, '/data/home': { link: '/etc' } },
    '/data/home/alice',
  ],
  [
    'in a folder that its group may write to',
    { '/data': { mode: 0o40_775 }, '/data/home': { link: '/etc' } },
    '/data/home/alice',
  ],
  [
    'in a folder that all may write to',
    { '/data': { mode: 0o40_777 }, '/data/home': { link: '/etc' } },
    '/data/home/alice',
  ],
  // Who may make names there may make a hard link to a link of root's.
  [
    'in a sticky folder that all may write to',
    { '/tmp': { mode: 0o41_777 }, '/tmp/home': { link: '/etc' } },
    '/tmp/home/alice',
  ],
  [
    'below a folder of another user',
    { '/d': { uid: 7 }, '/d/e': {}, '/d/e/home': { link: '/etc' } },
    '/d/e/home/alice',
  ],
  ['below a root that others may write to', { ...ATOMIC, '/': { mode: 0o40_777 } }, '/home/alice'],
  ['a root of another user', { ...ATOMIC, '/': { uid: 1000 } }, '/home/alice'],
  ['a loop', loop, '/home/alice'],
  ['a link to itself', { '/home': { link: '/home' } }, '/home/alice'],
  ['a chain that is too long', chain(9), '/l0/alice'],
  ['a path that is too long', { '/home': { link: `/${'x/'.repeat(2_100)}` } }, '/home/alice'],
  ['a link that climbs behind a folder that is missing', { '/home': { link: '/gone/../etc' } }, '/home/alice'],
  [
    'a link that climbs behind a folder of another user',
    { '/home': { link: '/d/x/..' }, '/d': { uid: 7 } },
    '/home/alice',
  ],
  ['no absolute path', ATOMIC, 'home/alice'],
  ['no path', ATOMIC, ''],
])('%s: the path stays as it is spelt', (_, tree, home) => {
  expect(realHome(componentsIn(tree).components, home)).toBe(home)
})

test('eight links are not too many', () =>
  expect(realHome(componentsIn(chain(8)).components, '/l0/alice')).toBe('/l8/alice'))

test.each<[string, Tree, Readonly<Record<string, string>>, string]>([
  ['the home behind the link', ATOMIC, { '/var/home/alice': 'nfs4' }, '/var/home/alice'],
  ['a folder behind the link', ATOMIC, { '/var/home': 'autofs' }, '/var/home/alice'],
  ['the mount point of the link', ATOMIC, { '/home': 'autofs' }, '/home/alice'],
  ['where a link leads', { '/home': { link: '/net/home' } }, { '/net': 'nfs' }, '/net/home/alice'],
])('%s lies on a mount that may not answer: nothing on it is asked for', (_, tree, mounts, real) => {
  const { components, asked } = componentsIn(tree, mounts)
  expect(realHome(components, '/home/alice')).toBe(real)
  const [mount = ''] = Object.keys(mounts)
  expect(asked.filter((path) => path === mount || path.startsWith(`${mount}/`))).toEqual([])
})

test('keeps the spelling of homes, and skips service accounts and unreadable mounts', () => {
  const user = (name: string, home: string): LocalUser => ({
    name,
    home,
    id: '1000',
    shell: '/bin/sh',
    kind: name === 'bin' ? 'system' : 'human',
  })
  const users = [
    user('alice', '/home/alice'),
    user('carol', '/home/carol/'),
    user('bin', '/home/bin'),
    user('eve', '/srv'),
  ]
  const { components } = componentsIn({ ...ATOMIC, '/srv': {} })
  const isRead = ({ kind }: LocalUser) => kind === 'human'
  expect(withRealHomes(components, users, isRead).map(({ home, namedHome }) => [home, namedHome])).toEqual([
    ['/var/home/alice', '/home/alice'],
    ['/var/home/carol', '/home/carol'],
    ['/home/bin', undefined],
    ['/srv', undefined],
  ])
  const hangingMounts = () => {
    throw Object.assign(new Error('no /proc'), { code: 'ENOENT' })
  }
  expect(withRealHomes({ ...components, hangingMounts }, users, isRead)).toEqual(users)
})
