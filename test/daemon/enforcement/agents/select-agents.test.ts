import { selectable, selects } from '../../../../src/daemon/enforcement/agents/select-agents.ts'
import type { RunningAgent } from '../../../../src/discovery/running-agents-port.ts'
import type { MatchSelector, StopSelector } from '../../../../src/protocol/stop.ts'

const CODEX: RunningAgent = {
  id: 'a'.repeat(32),
  name: 'Codex CLI',
  catalogueId: 'codex',
  user: { id: '1000', name: 'ada' },
  process: { pid: 7, startTicks: 70 },
  programs: ['/usr/bin/node', '/usr/lib/node_modules/x/cli.js'],
  packages: ['@openai/codex'],
  workspace: '/home/ada/code',
}
const UNKNOWN: RunningAgent = {
  id: 'b'.repeat(32),
  name: 'agent.py',
  process: { pid: 8, startTicks: 80 },
  programs: [],
  packages: [],
}

const isSelected = (selector: StopSelector, agent = CODEX, userId?: string) =>
  selects({ selector, ...(userId === undefined ? {} : { userId }) }, selectable(agent))
const isMatched = (members: Omit<MatchSelector, 'select'>, agent = CODEX) =>
  isSelected({ select: 'match', ...members }, agent)

test.each<[string, Omit<MatchSelector, 'select'>]>([
  ['its product', { products: ['codex'] }],
  ['one of the products', { products: ['amp', 'codex'] }],
  ['its user', { users: ['ada'] }],
  ['its executable', { executables: ['/usr/bin/node'] }],
  ['the script that it runs', { executables: ['/bin/x', '/usr/lib/node_modules/x/cli.js'] }],
  ['its package', { packages: ['@openai/codex'] }],
  ['its folder', { workspaces: ['/home/ada/code'] }],
  ['a folder above', { workspaces: ['/srv', '/home/ada'] }],
  ['all of it', { products: ['codex'], users: ['ada'], packages: ['@openai/codex'], workspaces: ['/home'] }],
])('a match selects an agent by %s', (_, members) => {
  expect(isMatched(members)).toBe(true)
})

test.each<[string, Omit<MatchSelector, 'select'>]>([
  ['another product', { products: ['amp'] }],
  ['its name, which is in the catalogue', { products: ['Codex CLI'] }],
  ['another user', { users: ['bob'] }],
  ['the id of its user', { users: ['1000'] }],
  ['the file name of its executable', { executables: ['/bin/node'] }],
  ['a folder of its executable', { executables: ['/usr/bin'] }],
  ['another package', { packages: ['@openai/codex-sdk'] }],
  ['a folder with a longer name', { workspaces: ['/home/ada/code2'] }],
  ['a folder with a shorter name', { workspaces: ['/home/ada/co'] }],
  ['a folder below', { workspaces: ['/home/ada/code/deep'] }],
  ['its product and another user', { products: ['codex'], users: ['bob'] }],
  ['its user and another folder', { users: ['ada'], workspaces: ['/srv'] }],
])('a match does not select it by %s', (_, members) => {
  expect(isMatched(members)).toBe(false)
})

const ON_WINDOWS: RunningAgent = {
  ...CODEX,
  programs: ['C:/Program Files/nodejs/node.exe', 'C:/Users/Ada/AppData/Roaming/npm/codex/cli.js'],
  workspace: 'D:/Code/Project',
}

test.each<[string, boolean, Omit<MatchSelector, 'select'>]>([
  ['its executable in another case', true, { executables: ['C:/PROGRAM FILES/NodeJS/node.EXE'] }],
  ['its folder in another case', true, { workspaces: ['D:/code/project'] }],
  ['a folder above', true, { workspaces: ['D:/CODE'] }],
  ['the same folder on another drive', false, { workspaces: ['C:/Code/Project'] }],
  ['a folder with a shorter name', false, { workspaces: ['D:/Code/Proj'] }],
  ['a path of Linux', false, { executables: ['/Program Files/nodejs/node.exe'] }],
])('on Windows a match by %s: %s', (_, isOne, members) => {
  expect(isMatched(members, ON_WINDOWS)).toBe(isOne)
})

test('a match selects an agent that no catalogue knows by its name', () => {
  expect(isMatched({ products: ['agent.py'] }, UNKNOWN)).toBe(true)
  const long = { ...UNKNOWN, name: 'x'.repeat(100) }
  expect(isMatched({ products: ['x'.repeat(64)] }, long)).toBe(true)
})

test.each<[string, Omit<MatchSelector, 'select'>]>([
  ['user', { users: ['ada'] }],
  ['executable', { executables: ['/usr/bin/node'] }],
  ['package', { packages: ['@openai/codex'] }],
  ['folder', { workspaces: ['/home'] }],
])('an agent whose %s is not known does not match', (_, members) => {
  expect(isMatched({ products: ['agent.py'], ...members }, UNKNOWN)).toBe(false)
})

test('a local stop selects only its user, with any selector', () => {
  for (const selector of [{ select: 'all' }, { select: 'match', products: ['codex'] }] satisfies StopSelector[]) {
    expect(isSelected(selector, CODEX, '1000')).toBe(true)
    expect(isSelected(selector, CODEX, '1001')).toBe(false)
  }
})

/** As `sudo` of ada starts it. */
const BY_SUDO: RunningAgent = { ...CODEX, user: { id: '0', name: 'root' }, humans: [{ id: '1000', name: 'ada' }] }

test.each<[string, boolean, StopSelector, string | undefined]>([
  ['its user', true, { select: 'user', user: 'root' }, undefined],
  ['the person it acts for', true, { select: 'user', user: 'ada' }, undefined],
  ['another one', false, { select: 'user', user: 'bob' }, undefined],
  ['the person in a match', true, { select: 'match', users: ['bob', 'ada'] }, undefined],
  ['others in a match', false, { select: 'match', users: ['bob'] }, undefined],
  ['the person, and another product', false, { select: 'match', users: ['ada'], products: ['amp'] }, undefined],
  ['the person, who stops it', true, { select: 'all' }, '1000'],
  ['another user, who stops what is theirs', false, { select: 'all' }, '1001'],
])('an agent of sudo is selected by %s: %s', (_, isOne, selector, userId) => {
  expect(isSelected(selector, BY_SUDO, userId)).toBe(isOne)
})
