import fc from 'fast-check'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

async function look(home: FixtureHome) {
  const { sightings } = await scanHome(home, 'mcp')
  const inProject = (workspace: string | undefined) =>
    workspace === undefined ? '' : ` in ${workspace.replace(home.path, '~')}`
  const servers = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  return servers.map((each) => `${each.name} ${each.enabled}${inProject(each.workspace)}`).sort()
}

const PLUGIN = '.codex/plugins/cache/acme/tools/1.2.0'
const server = { command: 'npx', args: ['-y', '@acme/db@1.0.0'] }

const trustIn = (folder: string, level: string) => `[projects."${folder}"]\ntrust_level = "${level}"\n`

/** A plugin with two servers, and a project that is trusted. */
function codexHome(config: string, project?: string, trust = trustIn('HOME/work', 'trusted')): FixtureHome {
  const home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('work')]: {} } })
  home.folder('work')
  home.write(`${PLUGIN}/.mcp.json`, { mcpServers: { db: server, web: server } })
  home.write('.codex/config.toml', `${config}\n${trust}`.replaceAll('HOME', home.path))
  if (project !== undefined) home.write('work/.codex/config.toml', project)
  return home
}
const on = '[plugins."tools@acme"]\nenabled = true\n'
const switchOf = (name: string, text: string) => `[plugins."tools@acme".mcp_servers.${name}]\n${text}\n`

/** What `codex mcp list` said of the same settings, in the project and elsewhere. */
test.each<[what: string, config: string, project: string | undefined, told: readonly string[]]>([
  ['nothing', on, undefined, ['db true', 'web true']],
  ['one off', on + switchOf('db', 'enabled = false'), undefined, ['db false', 'web true']],
  [
    'one off, of a plugin that is on because it is named',
    switchOf('db', 'enabled = false'),
    undefined,
    ['db false', 'web true'],
  ],
  ['more of one than a switch', on + switchOf('db', 'disabled_tools = ["x"]'), undefined, ['db true', 'web true']],
  [
    'one on, of a plugin that is off',
    `${on.replace('true', 'false')}${switchOf('db', 'enabled = true')}`,
    undefined,
    ['db false', 'web false'],
  ],
  [
    'one off, on in a project; another the other way round',
    on + switchOf('db', 'enabled = false'),
    switchOf('db', 'enabled = true') + switchOf('web', 'enabled = false'),
    ['db true in ~/work', 'web true'],
  ],
  [
    'something else in a project',
    on + switchOf('db', 'enabled = false'),
    switchOf('db', 'default_tools_approval_mode = "prompt"'),
    ['db false', 'web true'],
  ],
  [
    'one of another plugin',
    `${on}[plugins."x@acme".mcp_servers.db]\nenabled = false\n`,
    undefined,
    ['db true', 'web true'],
  ],
  ['project settings that are no TOML', on + switchOf('db', 'enabled = false'), '[', ['db unknown', 'web true']],
])('servers of a plugin of Codex are switched one by one: %s', async (_, config, project, told) => {
  using home = codexHome(config, project)
  expect(await look(home)).toEqual(told)
})

const own = (name: string, text = '') => `[mcp_servers.${name}]\ncommand = "echo"\n${text}\n`

test.each<[what: string, project: string | undefined, told: readonly string[]]>([
  ['nothing', undefined, ['a true', 'b false']],
  [
    'the contrary',
    '[mcp_servers.a]\nenabled = false\n[mcp_servers.b]\nenabled = true\n',
    ['a true', 'b true in ~/work'],
  ],
  ['no switch', '[mcp_servers.b]\nstartup_timeout_sec = 3\n', ['a true', 'b false']],
  ['a word', '[mcp_servers.b]\nenabled = "true"\n', ['a true', 'b false']],
])('a project says of a person’s own servers of Codex: %s', async (_, project, told) => {
  using home = codexHome(`${own('a')}${own('b', 'enabled = false')}`, project)
  home.write(`${PLUGIN}/.mcp.json`, {})
  expect(await look(home)).toEqual(told)
})

test.each<[what: string, trust: string, told: readonly string[]]>([
  ['is trusted', trustIn('HOME/work', 'trusted'), ['b true in ~/work', 'db true in ~/work', 'web true in ~/work']],
  ['nobody was asked about', '', ['b unknown', 'db unknown', 'web unknown']],
  ['is not trusted', trustIn('HOME/work', 'untrusted'), ['b false', 'db false', 'web false']],
  ['lies in a folder that is', trustIn('HOME', 'trusted'), ['b unknown', 'db unknown', 'web unknown']],
  ['is called as the one that is', trustIn('HOME/work2', 'trusted'), ['b unknown', 'db unknown', 'web unknown']],
])('what a project switches on that %s', async (_, trust, told) => {
  const project = `${on}[mcp_servers.b]\nenabled = true\n`
  using home = codexHome(`${on.replace('true', 'false')}${own('b', 'enabled = false')}`, project, trust)
  expect(await look(home)).toEqual(told)
})

test.each([trustIn('HOME/work', 'trusted'), ''])('what a project switches off stays on elsewhere', async (trust) => {
  const project = `${on.replace('true', 'false')}[mcp_servers.b]\nenabled = false\n`
  using home = codexHome(`${on}${own('b')}`, project, trust)
  expect(await look(home)).toEqual(['b true', 'db true', 'web true'])
})

const local = (more = {}) => ({ type: 'local', command: ['echo'], ...more })

/** What `opencode mcp list` said. */
test.each<[what: string, files: Readonly<Record<string, unknown>>, told: readonly string[]]>([
  ['nothing', {}, ['a true', 'b false']],
  ['a project has it on', { 'work/opencode.json': { b: { enabled: true } } }, ['a true', 'b true in ~/work']],
  ['a project has it off', { 'work/opencode.json': { a: { enabled: false } } }, ['a true', 'b false']],
  [
    'the stronger of two files of a project',
    { 'work/opencode.json': { b: { enabled: true } }, 'work/.opencode/opencode.json': { b: { enabled: false } } },
    ['a true', 'b false'],
  ],
  [
    'the file with comments is the stronger one',
    { '.config/opencode/opencode.jsonc': { a: { enabled: false }, b: { enabled: true } } },
    ['a false', 'b true'],
  ],
])('servers of OpenCode: %s', async (_, files, told) => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('work')]: {} } })
  home.write('.config/opencode/opencode.json', { mcp: { a: local(), b: local({ enabled: false }) } })
  for (const [path, mcp] of Object.entries(files)) home.write(path, { mcp })
  expect(await look(home)).toEqual(told)
})

test('reports a server once and throws nothing, for any switches', async () => {
  using home = fixtureHome()
  home.write('.config/opencode/opencode.json', { mcp: { a: local({ enabled: false }) } })
  await fc.assert(
    fc.asyncProperty(fc.json(), async (mcp) => {
      home.write('.config/opencode/opencode.jsonc', `{"mcp":${mcp}}`)
      expect((await look(home)).filter((each) => each.startsWith('a '))).toEqual(['a false'])
    }),
    { numRuns: 40 },
  )
})
