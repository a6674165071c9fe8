import { SuretyError } from '../../../src/base/errors.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import { readMachine } from '../../../src/discovery/homes/read-machine.ts'
import type { RegisteredHosts } from '../../../src/system/facts/messaging-hosts.ts'
import { filesAt } from '../../../src/system/files/files.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeFileReader, type FakeNode } from '../../support/fake-file-reader.ts'

/** Paths as Windows and its programs spell them; the homes of all systems are compared in `catalogue/documented-agents.test.ts`. */

const HOME = 'C:/Users/ann'
const user = { id: 'S-1-5-21-1-2-3-1001', name: 'ann' }

async function look(nodes: Readonly<Record<string, FakeNode>>, task: DiscoveryTask) {
  const files = new FakeFileReader(nodes)
  const init = { user, home: HOME, catalogue: builtInCatalogue(), layout: 'windows' as const }
  const { sightings, sources } = await readHome({ files, clock: new FakeClock() }, init, task)
  return { sightings, sources, faults: sources.filter(({ state }) => state !== 'parsed') }
}

const server = (name: string) => JSON.stringify({ mcpServers: { [name]: { command: 'npx', args: ['-y', name] } } })

test.each([
  ['with backslashes', 'C:\\Users\\ann\\code\\app'],
  ['in another case', 'c:\\users\\ANN\\code\\app'],
  ['with slashes', 'C:/Users/ann/code/app'],
  ['with a prefix', '\\\\?\\C:\\Users\\ann\\code\\app'],
  ['with a slash at its end', 'C:\\Users\\ann\\code\\app\\'],
])('reads a project that is spelt %s, and reports it as it lies', async (_, project) => {
  const { sightings, faults } = await look(
    {
      [`${HOME}/.claude.json`]: JSON.stringify({ projects: { [project]: {} } }),
      [`${HOME}/code/app/.mcp.json`]: server('of-project'),
      [`${HOME}/code/.mcp.json`]: server('above'),
    },
    'mcp',
  )
  expect(sightings.map((each) => each.kind === 'mcp-server' && [each.name, each.configuration])).toEqual([
    ['of-project', `${HOME}/code/app/.mcp.json`],
    ['above', `${HOME}/code/.mcp.json`],
  ])
  expect(faults).toEqual([])
})

test.each([
  ['another machine', '\\\\server\\share\\app'],
  ['WSL', '\\\\wsl$\\Ubuntu\\home\\ann\\app'],
  ['a device', '\\\\.\\PhysicalDrive0'],
  ['a drive alone', 'C:\\'],
  ['a folder above', 'C:\\Users\\ann\\..\\bob\\app'],
  ['a path of Linux', '/home/ann/app'],
  ['a path from somewhere', 'work\\app'],
  ['a name that is a device', 'C:\\Users\\ann\\NUL\\app'],
  ['32,000 characters', `C:\\${'a\\'.repeat(16_000)}`],
])('a project on %s is passed over, and nothing fails', async (_, project) => {
  const state = { [`${HOME}/.claude.json`]: JSON.stringify({ projects: { [project]: {} } }) }
  expect(await look(state, 'mcp')).toMatchObject({ sightings: [], faults: [] })
})

test('a folder that VS Code remembers by its URI is looked into', async () => {
  const storage = `${HOME}/AppData/Roaming/Code/User/workspaceStorage`
  const { sightings } = await look(
    {
      [`${storage}/one/workspace.json`]: JSON.stringify({ folder: 'file:///c%3A/Users/ann/one' }),
      [`${storage}/two/workspace.json`]: JSON.stringify({ workspace: 'file:///c%3A/Users/ann/all.code-workspace' }),
      [`${storage}/far/workspace.json`]: JSON.stringify({ folder: 'file://server/share/far' }),
      [`${storage}/odd/workspace.json`]: JSON.stringify({ folder: 'file:///c%3A/Users/ann%2fone' }),
      [`${HOME}/all.code-workspace`]: JSON.stringify({ folders: [{ path: 'two\\inside' }, { path: 'C:\\three' }] }),
      [`${HOME}/one/.mcp.json`]: server('one'),
      [`${HOME}/two/inside/.mcp.json`]: server('two'),
      'C:/three/.mcp.json': server('three'),
    },
    'mcp',
  )
  expect(sightings.map(({ name }) => name).sort()).toEqual(['one', 'three', 'two'])
})

test('names of files have no case', async () => {
  const shouted = new FakeFileReader({
    [`${HOME}/.claude.json`.toUpperCase()]: JSON.stringify({
      mcpServers: { own: { command: 'own' } },
      projects: { [`${HOME}/app`]: {} },
    }),
    [`${HOME}/AppData/Roaming/Claude/claude_desktop_config.json`.toUpperCase()]: server('desktop'),
    [`${HOME}/app/.mcp.json`.toUpperCase()]: server('project'),
  })
  const files = filesAt(shouted, (path) => path.toUpperCase())
  const init = { user, home: HOME, catalogue: builtInCatalogue(), layout: 'windows' as const }
  const { sightings } = await readHome({ files, clock: new FakeClock() }, init, 'mcp')
  expect(sightings.map(({ name }) => name).sort()).toEqual(['desktop', 'own', 'project'])
})

test('finds commands that npm links by their first name, and installations by package', async () => {
  const { sightings, faults } = await look(
    {
      [`${HOME}/AppData/Roaming/npm/claude`]: '#!/bin/sh',
      [`${HOME}/AppData/Roaming/npm/claude.cmd`]: '@ECHO off',
      [`${HOME}/AppData/Roaming/npm/claude.ps1`]: '#!/usr/bin/env pwsh',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: npm's own syntax
      [`${HOME}/.npmrc`]: 'prefix=${USERPROFILE}\\tools\\npm\n//registry.npmjs.org/:_authToken=npm_secret\n',
      [`${HOME}/tools/npm/node_modules/@google/gemini-cli/package.json`]: JSON.stringify({
        name: '@google/gemini-cli',
        version: '0.61.0',
      }),
      [`${HOME}/.local/bin/Codex.EXE`]: 'MZ',
      [`${HOME}/AppData/Local/AnthropicClaude/claude.exe`]: 'MZ',
    },
    'installed',
  )
  const found = sightings.map((each) => each.kind === 'agent' && [each.catalogueId, each.version, each.path])
  expect(found.sort()).toEqual([
    ['claude-code', undefined, `${HOME}/AppData/Roaming/npm/claude.cmd`],
    ['claude-desktop', undefined, `${HOME}/AppData/Local/AnthropicClaude/claude.exe`],
    ['codex', undefined, `${HOME}/.local/bin/Codex.EXE`],
    ['gemini-cli', '0.61.0', `${HOME}/tools/npm/node_modules/@google/gemini-cli`],
  ])
  expect(JSON.stringify(sightings)).not.toContain('npm_secret')
  expect(faults).toEqual([])
})

test('Linux systems in WSL are reported, and nothing in them is read', async () => {
  const local = `${HOME}/AppData/Local`
  const { sources } = await look(
    {
      [`${local}/Packages/CanonicalGroupLimited.Ubuntu_79rhkp1fndgsc/LocalState/ext4.vhdx`]: 'disk',
      [`${local}/Packages/Microsoft.WindowsCalculator_8wekyb3d8bbwe/LocalState/ext4.vhdx`]: 'no Linux',
      [`${local}/wsl/{4f1c0d5e}/ext4.vhdx`]: 'disk',
      [`${local}/lxss/rootfs/home/ann/.claude.json`]: '{}',
    },
    'installed',
  )
  const reported = sources.filter(({ source }) => source === 'home')
  expect(reported.map(({ path }) => path?.slice(local.length + 1))).toEqual([
    'Packages/CanonicalGroupLimited.Ubuntu_79rhkp1fndgsc/LocalState/ext4.vhdx',
    'wsl/{4f1c0d5e}/ext4.vhdx',
    'lxss/rootfs',
  ])
  for (const { state, reason } of reported)
    expect([state, reason]).toEqual(['unreadable', expect.stringContaining('WSL')])
})

test('on Linux a path of Windows is no path', async () => {
  const files = new FakeFileReader({
    '/home/ann/.claude.json': JSON.stringify({ projects: { 'C:\\Users\\ann\\app': {} } }),
    'C:/Users/ann/app/.mcp.json': server('elsewhere'),
  })
  const init = { user, home: '/home/ann', catalogue: builtInCatalogue() }
  const { sightings, sources } = await readHome({ files, clock: new FakeClock() }, init, 'mcp')
  expect([sightings, sources.map(({ state }) => state)]).toEqual([[], ['parsed']])
})

describe('what is installed and set for everybody', () => {
  const { trusted } = new FakeFileReader({
    'C:/Program Files/nodejs/node_modules/@anthropic-ai/claude-code/package.json': JSON.stringify({
      name: '@anthropic-ai/claude-code',
      version: '2.1.0',
    }),
    'C:/Program Files/ClaudeCode/managed-mcp.json': server('managed'),
    'C:/ProgramData/gemini-cli/settings.json': server('of-gemini'),
    'C:/etc/claude-code/managed-mcp.json': server('of-linux'),
  })

  test('is found where Windows has it', async () => {
    const catalogue = builtInCatalogue()
    const { sightings } = await readMachine(
      { files: trusted, clock: new FakeClock() },
      { catalogue, layout: 'windows' },
    )
    const found = sightings.flatMap((each) => (each.kind === 'agent-file' ? [] : [`${each.kind} ${each.name}`]))
    expect(found.sort()).toEqual(['agent Claude Code', 'mcp-server managed', 'mcp-server of-gemini'])
  })

  test('is not looked for on Linux', async () => {
    const catalogue = builtInCatalogue()
    expect((await readMachine({ files: trusted, clock: new FakeClock() }, { catalogue })).sightings).toEqual([])
  })
})

describe('programs that extensions may speak to, as the registry names them', () => {
  const ID = 'abcdefghijklmnopabcdefghijklmnop'
  const PROFILE = `${HOME}/AppData/Local/Google/Chrome/User Data/Default`
  const manifest = { name: 'Helper', version: '1.0', manifest_version: 3, permissions: ['nativeMessaging'] }
  const host = (name: string) => JSON.stringify({ name, allowed_origins: [`chrome-extension://${ID}/`] })
  const hosts = async (messagingHosts: RegisteredHosts) => {
    const files = new FakeFileReader({
      [`${PROFILE}/Preferences`]: '{}',
      [`${PROFILE}/Extensions/${ID}/1.0_0/manifest.json`]: JSON.stringify(manifest),
      'C:/Program Files/Agent/host.json': host('com.example.agent'),
      [`${HOME}/AppData/Local/agent/own.json`]: host('com.example.own'),
      'C:/other.json': host('com.example.other'),
    })
    const init = { user, home: HOME, catalogue: builtInCatalogue(), layout: 'windows' as const, messagingHosts }
    const { sightings, sources } = await readHome({ files, clock: new FakeClock() }, init, 'chromium')
    return {
      hosts: sightings.flatMap((each) => (each.kind === 'extension' ? (each.nativeMessagingHosts ?? []) : [])),
      faults: sources.filter(({ state }) => state !== 'parsed').map(({ path }) => path),
    }
  }
  const named = (name: string, path: string, family: 'chromium' | 'firefox' = 'chromium') => ({ family, name, path })

  test('reports those of the user and of the machine', async () => {
    const own = named('com.example.own', '%ignored%\\own.json')
    const all = [
      named('com.example.own', 'C:\\Users\\ann\\AppData\\Local\\agent\\own.json'),
      named('com.example.agent', 'C:\\Program Files\\Agent\\host.json'),
    ]
    expect(await hosts({ hosts: [own, ...all], failures: [] })).toEqual({
      hosts: ['com.example.agent', 'com.example.own'],
      faults: [],
    })
  })

  test.each([
    ['of another family', named('com.example.other', 'C:\\other.json', 'firefox')],
    ['under another name', named('com.example.none', 'C:\\other.json')],
    ['on another machine', named('com.example.other', '\\\\server\\share\\other.json')],
    ['somewhere', named('com.example.other', 'other.json')],
  ])('one %s is not', async (_, one) => {
    expect(await hosts({ hosts: [one], failures: [] })).toEqual({ hosts: [], faults: [] })
  })

  test('a manifest that is not there and a key that cannot be read are said', async () => {
    const key = 'HKLM\\SOFTWARE\\Google\\Chrome\\NativeMessagingHosts'
    const failures = [{ family: 'chromium' as const, key, error: new SuretyError('FILE_UNREADABLE', 'denied') }]
    const gone = named('com.example.gone', 'C:\\gone.json')
    const other = named('com.example.other', 'C:\\other.json')
    const { hosts: told, faults } = await hosts({ hosts: [gone, other], failures })
    expect(told).toEqual(['com.example.other'])
    expect(faults).toContain(key)
  })
})
