import { chmodSync } from 'node:fs'
import { SuretyError } from '../../../src/base/errors.ts'
import { openWritableByOthers } from '../../../src/discovery/files/writable-by-others.ts'
import type { FileStat } from '../../../src/system/files/files.ts'
import { fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const ALICE = '1000'
const BOB = '1001'
const USERS = '100'

type Node = Partial<Pick<FileStat, 'kind' | 'owner' | 'group' | 'mode'>>

/** A tree in which everything is Alice's and hers alone to write but for what is said. */
function treeOf(nodes: Readonly<Record<string, Node | 'absent'>>) {
  const asked: string[] = []
  const stat = async (path: string): Promise<FileStat | undefined> => {
    asked.push(path)
    const isMachine = path === '/' || path === '/home'
    const owner = isMachine ? '0' : ALICE
    const node = nodes[path]
    if (node === 'absent') return undefined
    return {
      kind: 'directory',
      sizeBytes: 0,
      modifiedMs: 0,
      owner,
      group: owner,
      mode: 0o755,
      ...node,
    }
  }
  return { stat, asked }
}

const HOME = '/home/alice'
const FILE = '/home/alice/code/app/.cursor/mcp.json'

test.each<[string, Readonly<Record<string, Node>>, boolean]>([
  ['nothing more', {}, false],
  ['the file', { [FILE]: { mode: 0o646 } }, true],
  ['its folder', { '/home/alice/code/app/.cursor': { mode: 0o777 } }, true],
  ['the project', { '/home/alice/code/app': { mode: 0o777 } }, true],
  ['a folder above the project', { '/home/alice/code': { mode: 0o757 } }, true],
  ['the home', { [HOME]: { mode: 0o777 } }, true],
  ['what is around the home', { '/home': { mode: 0o777 } }, false],
  ['the file, to a group', { [FILE]: { mode: 0o664, group: USERS } }, true],
  ['a folder, to a group', { '/home/alice/code': { mode: 0o2775, group: USERS } }, true],
  ['the file, to her own group', { [FILE]: { mode: 0o664 } }, false],
  ['a folder, to her own group', { '/home/alice/code': { mode: 0o775 } }, false],
  ['a group that may but read', { [FILE]: { mode: 0o644, group: USERS } }, false],
  ['root’s, to her own group', { [FILE]: { mode: 0o664, owner: '0' } }, false],
  ['root’s, to root’s group', { [FILE]: { mode: 0o664, owner: '0', group: '0' } }, false],
  ['root’s, to another group', { [FILE]: { mode: 0o664, owner: '0', group: '50' } }, true],
  ['another’s file', { [FILE]: { owner: BOB } }, true],
  ['another’s folder', { '/home/alice/code': { owner: BOB } }, true],
  ['a sticky folder', { '/home/alice/code': { mode: 0o1777 } }, false],
  ['a sticky folder for a group', { '/home/alice/code': { mode: 0o1775, group: USERS } }, false],
  ['a sticky folder of another', { '/home/alice/code': { mode: 0o1777, owner: BOB } }, true],
  [
    'another’s folder in a sticky one',
    { '/home/alice/code': { mode: 0o1777 }, '/home/alice/code/app': { owner: BOB } },
    true,
  ],
  ['the sticky bit of a file', { [FILE]: { mode: 0o1666 } }, true],
])('writable by others: %s', async (_, nodes, is) => {
  const { stat } = treeOf(nodes)
  expect(await openWritableByOthers({ stat }, { ownerId: ALICE, home: HOME })(FILE)).toBe(is)
})

test.each<[string, Readonly<Record<string, Node>>, boolean]>([
  ['nothing more', {}, false],
  ['the root', { '/': { mode: 0o777 } }, true],
  ['a sticky folder', { '/srv': { mode: 0o1777, owner: '0', group: '0' } }, false],
  ['a folder of another', { '/srv': { owner: BOB } }, true],
])('a project outside the home: %s', async (_, nodes, is) => {
  const { stat } = treeOf(nodes)
  expect(await openWritableByOthers({ stat }, { ownerId: ALICE, home: HOME })('/srv/app/.mcp.json')).toBe(is)
})

test('what is the machine’s belongs to root', async () => {
  const { stat } = treeOf({ '/etc': { owner: '0', group: '0' }, '/etc/a.json': { owner: '0', group: '0' } })
  const isWritable = openWritableByOthers({ stat }, { ownerId: undefined })
  expect([await isWritable('/etc/a.json'), await isWritable('/etc/b.json')]).toEqual([false, true])
})

test('each folder is asked once, and nothing above the home', async () => {
  const { stat, asked } = treeOf({})
  const isWritable = openWritableByOthers({ stat }, { ownerId: ALICE, home: HOME })
  for (const name of ['a', 'b', 'c']) await isWritable(`/home/alice/code/${name}`)
  expect(asked).toEqual(['/home/alice/code/a', '/home/alice/code', HOME, '/home/alice/code/b', '/home/alice/code/c'])
})

test.each<[string, () => Promise<FileStat | undefined>]>([
  ['what is not there', async () => undefined],
  ['what cannot be known', () => Promise.reject(new SuretyError('FILE_IS_LINK', 'a folder on the way is a link'))],
])('%s counts for nothing', async (_, stat) => {
  expect(await openWritableByOthers({ stat }, { ownerId: ALICE })('/a/b')).toBe(false)
})

test.each<[string, Readonly<Record<string, Node | 'absent'>>, boolean]>([
  ['a program of theirs', {}, false],
  ['one that anybody may write', { '/opt/x/run.sh': { mode: 0o777 } }, true],
  ['a link, whose own mode says nothing', { '/opt/x/run.sh': { kind: 'link', mode: 0o777 } }, false],
  ['a folder that is a link', { '/opt/x': { kind: 'link', mode: 0o777 } }, false],
  ['a link in a folder of everybody', { '/opt/x/run.sh': { kind: 'link' }, '/opt/x': { mode: 0o777 } }, true],
  ['none yet, in a folder of theirs', { '/opt/x/run.sh': 'absent' }, false],
  [
    'none yet, where everybody may put one',
    { '/opt/x/run.sh': 'absent', '/opt/x': { mode: 0o1777, owner: '0', group: '0' } },
    true,
  ],
  [
    'none yet, nor its folder',
    { '/opt/x/run.sh': 'absent', '/opt/x': 'absent', '/opt': { mode: 0o1777, owner: '0', group: '0' } },
    true,
  ],
])('what a server is started with: %s', async (_, nodes, is) => {
  const { stat } = treeOf(nodes)
  const isWritable = openWritableByOthers({ stat }, { ownerId: ALICE, home: HOME })
  expect(await isWritable('/opt/x/run.sh')).toBe(is)
})

test('marks a server whose program others may change, unless it is only named', async () => {
  using home = fixtureHome()
  home.write('bin/own.sh', '#!/bin/sh')
  home.write('bin/open.sh', '#!/bin/sh')
  home.write('open dir/server.js', '')
  home.folder('free')
  home.write('.cursor/mcp.json', {
    mcpServers: {
      own: { command: home.at('bin/own.sh') },
      program: { command: home.at('bin/open.sh'), args: ['x'] },
      script: { command: 'node', args: [home.at('open dir/server.js')] },
      behind: { command: 'env', args: ['A=b', 'sh', '-c', `exec ${home.at('bin/open.sh')} x`] },
      absent: { command: home.at('free/later.sh') },
      named: { command: 'open.sh' },
      argument: { command: home.at('bin/own.sh'), args: [home.at('bin/open.sh')] },
    },
  })
  chmodSync(home.at('bin/open.sh'), 0o777)
  chmodSync(home.at('open dir'), 0o777)
  chmodSync(home.at('free'), 0o1777)
  const { sightings } = await scanHome(home, 'mcp')
  const told = sightings.flatMap((each) =>
    each.kind === 'mcp-server' && each.programWritableByOthers === true ? [each.name] : [],
  )
  expect(told.sort()).toEqual(['absent', 'behind', 'program', 'script'])
})

test('reports servers and files of a project in which others may rename files', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code/open')]: {}, [home.at('code/own')]: {} } })
  for (const project of ['open', 'own']) {
    home.write(`code/${project}/.cursor/mcp.json`, { mcpServers: { [project]: { command: 'x' } } })
    home.write(`code/${project}/.cursor/rules/a.mdc`, 'text')
  }
  chmodSync(home.at('code/open'), 0o777)
  const sightings = [...(await scanHome(home, 'mcp')).sightings, ...(await scanHome(home, 'agent-files')).sightings]
  const told = sightings.flatMap((each) => {
    if (each.kind === 'mcp-server') return [[each.name, each.writableByOthers]]
    return each.kind === 'agent-file' ? [[each.path.replace(home.path, '~'), each.writableByOthers]] : []
  })
  expect(told).toEqual([
    ['open', true],
    ['own', false],
    ['~/code/open/.cursor/rules/a.mdc', true],
    ['~/code/own/.cursor/rules/a.mdc', false],
  ])
})
