import fc from 'fast-check'
import { readJetbrainsSettings } from '../../../src/discovery/formats/jetbrains-settings.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const IDE = '.config/JetBrains/IntelliJIdea2026.2'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'mcp')
  const servers = sightings.flatMap((each) => (each.kind === 'mcp-server' ? [each] : []))
  const short = (path: string | undefined) => path?.replace(home.path, '~')
  return {
    servers,
    told: servers.map(({ client, name, scope, enabled, workspace }) =>
      [client, name, scope, enabled, ...(workspace === undefined ? [] : [short(workspace)])].join(' '),
    ),
    faults: sources.filter(({ state }) => state !== 'parsed').map(({ state, reason }) => `${state}: ${reason}`),
    json: JSON.stringify([sightings, sources]),
  }
}

const component = (inner: string, name = 'McpApplicationServerCommands') =>
  `<application>\n  <component name="${name}" modifiable="true">${inner}</component>\n</application>\n`

/** As IDEs of 2025.1 and 2025.2 write it. */
const COMMAND = `
    <McpServerCommand sourceId="UserConfigurationSource">
      <option name="allowedToolsNames" />
      <option name="enabled" value="true" />
      <option name="name" value="db" />
      <option name="programPath" value="/usr/bin/npx" />
      <option name="arguments" value="-y @acme/db@1.0.0 --root &quot;/srv/canary x&quot;" />
      <option name="workingDirectory" value="" />
      <envs>
        <env name="DB_TOKEN" value="canary-canary-canary" />
        <env name="LOG" value="debug" />
      </envs>
    </McpServerCommand>`
const REMOTE = `
    <McpServerURL sourceId="UserConfigurationSource">
      <option name="enabled" value="false" />
      <option name="name" value="far" />
      <option name="url" value="https://far.example/mcp?key=canary-canary" />
      <option name="headers"><map><entry key="Authorization" value="Bearer canary-canary" /></map></option>
    </McpServerURL>`
const STATE = (name: string, on: boolean) => `
    <McpServerConfigurationProperties>
      <option name="allowedToolsNames" />
      <option name="enabled" value="${on}" />
      <option name="name" value="${name}" />
      <option name="source" value="USER" />
    </McpServerConfigurationProperties>`

test('reports servers of AI Assistant with what they run, and without a value', async () => {
  using home = fixtureHome()
  home.write(`${IDE}/options/llm.mcpServers.xml`, component(COMMAND))
  const { servers, json } = await look(home)
  expect(servers).toMatchObject([
    {
      client: 'jetbrains-ai',
      name: 'db',
      enabled: true,
      transport: 'stdio',
      command: '/usr/bin/npx',
      package: { ecosystem: 'npm', name: '@acme/db' },
      environment: ['DB_TOKEN', 'LOG'],
      unpinned: false,
      plaintextSecret: true,
    },
  ])
  expect(json).not.toContain('canary')
})

test('the layout with lists of commands and addresses', async () => {
  using home = fixtureHome()
  const lists = `<commands>${COMMAND}</commands><urls>${REMOTE}</urls>`
  home.write(`${IDE}/options/llm.mcpServers.xml`, component(lists))
  const { servers, told, json } = await look(home)
  expect(told).toEqual(['jetbrains-ai db user true', 'jetbrains-ai far user false'])
  expect(servers[1]).toMatchObject({
    endpoint: 'https://far.example',
    environment: ['Authorization'],
    plaintextSecret: true,
  })
  expect(json).not.toContain('canary')
})

test('servers of mcp.json are on or off as the IDEs have them', async () => {
  using home = fixtureHome()
  const server = { command: 'npx', args: ['x'] }
  home.write('.ai/mcp/mcp.json', { mcpServers: { on: server, off: server, mixed: server, other: server } })
  const one = [STATE('on', true), STATE('off', false), STATE('mixed', false)].join('')
  home.write(`${IDE}/options/llm.mcpServers.xml`, component(`<commands>${one}</commands><urls />`))
  home.write(
    '.config/JetBrains/GoLand2026.1/options/llm.mcpServers.xml',
    component(`<commands>${STATE('mixed', true)}</commands>`),
  )
  expect((await look(home)).told).toEqual([
    'jetbrains-ai on user true',
    'jetbrains-ai off user false',
    'jetbrains-ai mixed user true',
    'jetbrains-ai other user unknown',
  ])
})

test('projects that an IDE remembers bring their own, also those of Rider', async () => {
  using home = fixtureHome()
  home.write(
    `${IDE}/options/recentProjects.xml`,
    component(
      '<option name="additionalInfo"><map><entry key="$USER_HOME$/code/app"><value><RecentProjectMetaInfo opened="true" /></value></entry></map></option>',
      'RecentProjectsManager',
    ),
  )
  const project = component(COMMAND, 'McpProjectServerCommands').replaceAll('application>', 'project>')
  home.write('code/app/.idea/workspace.xml', `<?xml version="1.0" encoding="UTF-8"?>\n${project}`)
  home.write('code/app/.idea/.idea.Shop/.idea/workspace.xml', project.replace('"db"', '"shop"'))
  home.write('code/app/.ai/mcp/mcp.json', { own: { command: 'uvx', args: ['x'] } })
  expect((await look(home)).told.sort()).toEqual([
    'jetbrains-ai db project true ~/code/app',
    'jetbrains-ai own project unknown ~/code/app',
    'jetbrains-ai shop project true ~/code/app',
  ])
})

const good = component(COMMAND)
test.each<[string, string, string]>([
  ['nothing', '', 'no element'],
  ['text', 'canary', 'no element'],
  ['JSON', '{"canary": 1}', 'no element'],
  ['cut off', good.slice(0, -20), 'an end that does not fit'],
  ['cut off in a tag', good.slice(0, 400), 'a value that never ends'],
  ['an end that does not fit', good.replace('</McpServerCommand>', '</canary>'), 'an end that does not fit'],
  ['a second document', good + good, 'something behind the document'],
  ['a document type', `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/canary">]>${good}`, 'no name'],
  ['a document type inside', good.replace('<option', '<!DOCTYPE canary><option'), 'no name'],
  ['an instruction', good.replace('<option', '<?canary?><option'), 'no name'],
  ['an entity of its own', good.replace('/usr/bin/npx', '&canary;'), 'an entity'],
  ['an entity of a prototype', good.replace('/usr/bin/npx', '&constructor;'), 'an entity'],
  ['an entity that never ends', good.replace('/usr/bin/npx', '&amp canary'), 'an entity'],
  ['a character that is none', good.replace('/usr/bin/npx', '&#xd800;'), 'an entity'],
  ['no character', good.replace('/usr/bin/npx', '&#0;'), 'an entity'],
  ['a number beyond all', good.replace('/usr/bin/npx', '&#9999999;'), 'an entity'],
  ['another encoding', `<?xml version="1.0" encoding="UTF-16"?>${good}`, 'another encoding than UTF-8'],
  ['a zero', good.replace('npx', 'n\0px'), 'a character that no document may have'],
  [
    'an attribute twice',
    good.replace('name="db"', 'name="a" name="b"').replace('value="db"', 'value="a" value="b"'),
    'an attribute',
  ],
  ['attributes without a blank', good.replace('name="name" value="db"', 'name="name"value="db"'), 'an attribute'],
  ['a value without quotes', good.replace('"db"', 'db'), 'a value without quotes'],
  ['a tag in a value', good.replace('"db"', '"<db>"'), 'a value with a tag in it'],
  ['a comment that never ends', good.replace('<envs>', '<!-- <envs>'), 'a comment that never ends'],
  ['text marked that never ends', good.replace('<envs>', '<![CDATA[ <envs>'), 'a comment that never ends'],
])('settings that are refused: %s', async (_, text, reason) => {
  using home = fixtureHome()
  home.write(`${IDE}/options/llm.mcpServers.xml`, text)
  const { told, faults, json } = await look(home)
  expect([told, faults, json.includes('canary')]).toEqual([[], [`malformed: not XML: ${reason}`], false])
})

test.each<[string, string, string]>([
  ['deep', '<a>'.repeat(65) + '</a>'.repeat(65), 'malformed: nested deeper than 64'],
  ['many elements', `<a>${'<b/>'.repeat(100_000)}</a>`, 'too-large: more than 100000 elements'],
  ['long', `<a>${' '.repeat(4 * 1024 * 1024)}</a>`, 'too-large: more than 4194304 bytes of XML'],
])('a document that goes too far: %s', async (_, text, fault) => {
  using home = fixtureHome()
  home.write(`${IDE}/options/llm.mcpServers.xml`, text)
  expect((await look(home)).faults).toEqual([fault])
})

test.each<[string, string]>([
  ['another component', component(COMMAND, 'RunManager')],
  ['a component inside another', component(component(COMMAND))],
  [
    'a configuration to run something',
    component('<configuration><option name="programPath" value="/bin/app" /></configuration>'),
  ],
  ['only its state', component(`<commands>${STATE('db', true)}</commands>`)],
  ['no program', component(COMMAND.replace('/usr/bin/npx', ''))],
  ['in a comment', component(`<!-- ${COMMAND} -->`)],
  ['marked as text', component(`<![CDATA[ ${COMMAND} ]]>`)],
])('what is no server: %s', async (_, text) => {
  using home = fixtureHome()
  home.write(`${IDE}/options/llm.mcpServers.xml`, text)
  const { told, faults } = await look(home)
  expect([told, faults]).toEqual([[], []])
})

test('reads what XML allows: byte order mark, declaration, comments, quotes, entities', () => {
  const text = `<?xml version='1.0' encoding='utf-8'?>\n<!-- a -->\n${good.replace('"db"', "'&#100;&#x62;'").replace('<envs>', '<!-- b --><envs>')}<!-- c -->\n`
  expect(readJetbrainsSettings(text)).toMatchObject({
    McpApplicationServerCommands: [{ name: 'db', args: ['-y', '@acme/db@1.0.0', '--root', '/srv/canary x'] }],
  })
})

test('names of a prototype are names', () => {
  const text = component('<McpServerCommand><envs><env name="__proto__" value="x" /></envs></McpServerCommand>')
  const [server] = readJetbrainsSettings(text).McpApplicationServerCommands as [{ env: object }]
  expect([Object.keys(server.env), Object.getPrototypeOf(server.env)]).toEqual([['__proto__'], Object.prototype])
})

test('throws nothing but its own errors, and soon, on any input', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '"',
    "'",
    '=',
    '&',
    ';',
    '!--',
    '-->',
    'a',
    ' ',
    '<a>',
    '</a>',
    '<![CDATA[',
    '?',
    'name="x"',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      (text) => {
        try {
          readJetbrainsSettings(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INPUT_MALFORMED' })
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
