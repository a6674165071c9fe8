import { codeOf } from '../../../src/base/errors.ts'
import { openFolders } from '../../../src/discovery/files/folders.ts'
import type { HomeLayout } from '../../../src/discovery/files/home-layout.ts'
import { FakeFileReader } from '../../support/fake-file-reader.ts'

const files = new FakeFileReader({
  '/home/u/.kiro/agents/a.json': '{}',
  '/home/u/.kiro/agents/b.json': '{}',
  '/home/u/.kiro/agents/b.json.old': '{}',
  '/home/u/.kiro/agents/notes.txt': '',
  '/home/u/.kiro/powers/x/mcp.json': '{}',
  '/home/u/.kiro/powers/y/mcp.json': '{}',
  '/home/u/.kiro/powers/file': '',
})

function expand(pattern: string): Promise<readonly string[]> {
  return openFolders({ files, onFault: () => undefined }, { home: '/home/u' }).expand(pattern)
}

test.each<[string, string[]]>([
  ['~/.kiro/powers/*/mcp.json', ['/home/u/.kiro/powers/x/mcp.json', '/home/u/.kiro/powers/y/mcp.json']],
  ['~/.kiro/agents/*.json', ['/home/u/.kiro/agents/a.json', '/home/u/.kiro/agents/b.json']],
  ['~/.kiro/agents/b*.*', ['/home/u/.kiro/agents/b.json', '/home/u/.kiro/agents/b.json.old']],
  ['~/.kiro/pow*/x/mcp.json', ['/home/u/.kiro/powers/x/mcp.json']],
  // A bare star means folders, and text beside one only helps where the pattern ends.
  ['~/.kiro/powers/*', ['/home/u/.kiro/powers/x', '/home/u/.kiro/powers/y']],
  ['~/.kiro/agents/a*/x', []],
  // One letter is not both the first and the last.
  ['~/.kiro/agents/notes.txt*notes.txt', []],
  ['~/.kiro/absent/*', []],
])('%s means %j', async (pattern, paths) => expect([...(await expand(pattern))].sort()).toEqual(paths))

test('looks at a home that spreads without end up to a limit, and reports it', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `f${i}`)
  const paths = names.flatMap((a) => names.map((b) => `/home/u/.x/${a}/${b}/c/file`))
  const wide = new FakeFileReader(Object.fromEntries(paths.map((path) => [path, ''])))
  const faults: unknown[] = []
  const onFault = (path: string, error: unknown) => faults.push([path, (error as Error).message])
  const found = await openFolders({ files: wide, onFault }, { home: '/home/u' }).expand('~/.x/*/*/*/file')
  expect(found).toHaveLength(256)
  expect(faults).toEqual([['/home/u/.x', 'only 256 of 900 folders are reported']])
})

test('reports links on the way once each if asked, and beyond a limit as a number', async () => {
  const names = ['one', 'two', ...Array.from({ length: 9 }, (_, at) => `x${at}`)]
  const folders = names.map((name) => [`/home/u/.s/${name}`, { link: '/opt/s' }] as const)
  const links = new FakeFileReader({ ...Object.fromEntries(folders), '/home/u/.s/own/f': '' })
  const faults: string[] = []
  const onFault = (path: string, error: unknown) => faults.push(`${path} ${codeOf(error)}`)
  const looked = openFolders({ files: links, onFault }, { home: '/home/u' })
  await looked.expand('~/.s/*/f')
  expect(faults).toEqual([])
  for (const pattern of ['~/.s/t*/f', '~/.s/*/f', '~/.s/*/f']) {
    await looked.expand(pattern, { tellLinks: true })
  }
  expect(faults).toEqual([
    '/home/u/.s/two FILE_IS_LINK',
    ...['one', 'x0', 'x1', 'x2', 'x3', 'x4', 'x5'].map((name) => `/home/u/.s/${name} FILE_IS_LINK`),
    '/home/u/.s FILE_TOO_LARGE',
  ])
})

test('passes over a link in a home, and follows one that root placed on the machine', async () => {
  const links = new FakeFileReader({ '/etc/x/a.json': { link: '/opt/a.json' }, '/opt/a.json': '{}' })
  const at = (init: { home?: string }) => openFolders({ files: links, onFault: () => undefined }, init)
  expect(await at({}).expand('/etc/x/*.json')).toEqual(['/etc/x/a.json'])
  expect(await at({ home: '/etc' }).expand('~/x/*.json')).toEqual([])
})

test.each<[string, HomeLayout, string, readonly string[]]>([
  ['one editor', 'linux', '~/{vscode:kiro}/User', ['.config/Kiro/User', '.kiro-server/data/User']],
  ['on macOS', 'darwin', '~/{vscode:kiro}/User', ['Library/Application Support/Kiro/User', '.kiro-server/data/User']],
  ['on Windows', 'windows', '~/{vscode:kiro}/User', ['AppData/Roaming/Kiro/User', '.kiro-server/data/User']],
  [
    'all that are there',
    'linux',
    '~/{vscode}/User',
    ['.config/Code/User', '.config/Kiro/User', '.kiro-server/data/User'],
  ],
  ['one that is not there', 'linux', '~/{vscode:cursor}/User', []],
  ['no editor', 'linux', '~/{vscode:nobody}/User', []],
  ['within another folder', 'linux', '~/x/{vscode}/User', ['x/{vscode}/User']],
  ['more of a name', 'linux', '~/{vscode}x/User', ['{vscode}x/User']],
])('a path in the data of editors: %s', async (_, layout, pattern, wanted) => {
  const places = ['.config', 'Library/Application Support', 'AppData/Roaming'].map((data) => `${data}/Kiro/User/x`)
  const nodes = [...places, '.kiro-server/data/User/x', '.config/Code/User/x'].map((path) => [`/home/u/${path}`, ''])
  const files = new FakeFileReader(Object.fromEntries(nodes))
  const found = await openFolders({ files, onFault: () => undefined }, { home: '/home/u', layout }).expand(pattern)
  expect(found).toEqual(wanted.map((path) => `/home/u/${path}`))
})

test('finds nothing on the machine for a path in the data of editors', async () => {
  const files = { list: async () => [], readText: async () => '', read: async () => new Uint8Array() }
  const machine = openFolders({ files, onFault: () => undefined }, {})
  expect(await machine.expand('~/{vscode}/User/*/mcp.json')).toEqual([])
})
