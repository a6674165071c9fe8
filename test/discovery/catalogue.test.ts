import { readFileSync } from 'node:fs'
import { SuretyError } from '../../src/base/errors.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { type Catalogue, type CatalogueEntry, catalogueReader } from '../../src/discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../src/discovery/catalogue/lint.ts'
import { loadCatalogue } from '../../src/discovery/catalogue/load-catalogue.ts'

const AGENT: CatalogueEntry = { id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }

function catalogueOf(...entries: Catalogue['entries']): Catalogue {
  return { schema: 'surety/catalogue@1', version: 1, asOf: '2026-11-25', sources: { seen: { title: 'seen' } }, entries }
}

test('the file that ships names no member twice', async () => {
  const path = new URL('../../src/discovery/catalogue/catalogue.json', import.meta.url)
  const files = { read: async () => readFileSync(path) }
  expect(await loadCatalogue({ files }, path.pathname)).toEqual(builtInCatalogue())
})

test('the catalogue that ships has no fault', () => {
  const catalogue = builtInCatalogue()
  expect(catalogueReader.read(catalogue)).toBe(catalogue)
  expect(lintCatalogue(catalogue)).toEqual([])
})

test('the catalogue that ships names the agents this issue asks for', () => {
  const ids = new Set(builtInCatalogue().entries.map(({ id }) => id))
  const wanted =
    'claude-code codex gemini-cli opencode copilot-cli qwen-code cline-cli openclaw pi amp crush goose aider'
  const more = 'cursor-agent kiro-cli auggie droid claude-for-chrome sider monica harpa-ai'
  expect(`${wanted} ${more}`.split(' ').filter((id) => !ids.has(id))).toEqual([])
})

test('what other catalogues get wrong is in none of its facts', () => {
  const { refuted = [], entries } = builtInCatalogue()
  expect(refuted.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'dhoenijjpgpeimemopealfcbiecgceodl',
      'com.anthropic.claudedesktop',
      'com.codeium.windsurf',
    ]),
  )
  const facts = JSON.stringify(entries.map(({ note: _, ...facts }) => facts))
  expect(refuted.filter(({ id }) => facts.includes(`"${id}"`))).toEqual([])
})

const EXTENSION = 'a'.repeat(32)
/** Two entries with the same fact. */
const twice = (facts: Partial<CatalogueEntry>) =>
  catalogueOf({ ...AGENT, ...facts }, { ...AGENT, id: 'two', name: 'Two', ...facts })
const one = (facts: Partial<CatalogueEntry>) => catalogueOf({ ...AGENT, ...facts })
const file = (path: string) => one({ files: [{ path, kind: 'skill', scope: 'user' }] })

test.each<[string, Catalogue, string[]]>([
  ['an id twice', catalogueOf(AGENT, { ...AGENT, name: 'Two' }), ['one: id one is already in one']],
  [
    'an extension id twice',
    twice({ chromium: [{ id: EXTENSION }] }),
    [`two: extension id chromium ${EXTENSION} is already in one`],
  ],
  ['a bundle twice', twice({ darwin: { bundles: [{ id: 'a.b' }] } }), ['two: bundle a.b is already in one']],
  ['a package twice', twice({ npm: [{ name: 'p' }] }), ['two: package npm p is already in one']],
  ['a title twice', twice({ titles: [{ title: 'pi' }], pypi: [] }), ['two: title pi is already in one']],
  ['a marker twice', twice({ environment: [{ name: 'X_Y' }] }), ['two: environment marker X_Y is already in one']],
  ['an announcement twice', twice({ announcedAs: [{ value: 'xy' }] }), ['two: announcement xy is already in one']],
  [
    'an alias that is the name of another',
    catalogueOf(AGENT, { ...AGENT, id: 'two', name: 'Two', aliases: ['ONE'] }),
    ['two: name one is already in one'],
  ],
  ['a successor that is no entry', one({ successor: 'two' }), ['one: successor two is no entry']],
  ['a successor of itself', one({ successor: 'one' }), ['one: successor one leads back to itself']],
  [
    'successors in a circle',
    catalogueOf({ ...AGENT, successor: 'two' }, { ...AGENT, id: 'two', name: 'Two', successor: 'one' }),
    ['one: successor one leads back to itself', 'two: successor two leads back to itself'],
  ],
  [
    'a setting without a value',
    one({ settings: [{ path: '~/.x/s.json', key: ['a'] }] }),
    ['one: setting a of ~/.x/s.json has no value that says anything'],
  ],
  [
    'a helper that nothing tells, or two things do',
    one({ helpers: [{}, { argument: '--daemon', script: '~/.x/d.js' }] }),
    Array.from({ length: 2 }, () => 'one: a helper is told by an argument or by its script'),
  ],
  [
    'a setting with a value that says two things',
    one({ settings: [{ path: '~/.x/s.json', key: ['a'], asks: [true], noted: [true] }] }),
    ['one: setting a of ~/.x/s.json has one value twice'],
  ],
  [
    'a configuration of MCP servers that two call their own',
    twice({ mcp: [{ path: './.mcp.json', key: ['a'], scope: 'project' }] }),
    ['two: MCP configuration ./.mcp.json ["a"] is already in one'],
  ],
  [
    'a plugin called after a star that is not there',
    one({ plugins: [{ path: '~/.x/plugins/*', id: '$2@$1' }] }),
    ['one: plugins in ~/.x/plugins/* have no $2@$1'],
  ],
  [
    'switches of plugins in a file for all',
    one({ pluginSwitches: [{ path: '~/.x/on.json', key: ['on'], form: 'file' }] }),
    ['one: ~/.x/on.json is not one file of a home for each plugin'],
  ],
  [
    'switches of the servers of plugins, without plugins',
    one({ serverSwitches: [{ path: '~/.x/on.json', key: ['$plugin'] }] }),
    ['one: ~/.x/on.json switches servers of plugins, and there are none'],
  ],
  [
    'projects in a table that is a question',
    one({ workspaces: [{ path: '~/.x/db', key: ['a', 'b" FROM c; --'], take: 'column' }] }),
    ['one: workspaces in ~/.x/db are a table and its column'],
  ],
  [
    'every file of a project',
    one({ mcp: [{ path: './*.json', key: [], scope: 'project' }] }),
    ["one: path ./*.json would look through everybody's folders"],
  ],
  ['a day that never was', one({ endOfLife: '2026-02-30' }), ['one: 2026-02-30 is no date']],
  [
    'a source that is not described',
    one({ environment: [{ name: 'X_Y', source: 'hearsay' }] }),
    ['one: source hearsay is not described'],
  ],
  [
    'a source of macOS that is not described',
    one({ darwin: { teams: [{ id: 'ABCDE12345', source: 'hearsay' }] } }),
    ['one: source hearsay is not described'],
  ],
  [
    'a default whose source is not described',
    one({ autonomousByDefault: { is: true, source: 'hearsay' } }),
    ['one: source hearsay is not described'],
  ],
  [
    'a title with nothing that could support it',
    one({ titles: [{ title: 'pi' }] }),
    ['one: a title or shared command that nothing could support'],
  ],
  [
    'an id that was refuted',
    { ...one({ chromium: [{ id: EXTENSION }] }), refuted: [{ id: EXTENSION, why: 'of a game' }] },
    [`one: ${EXTENSION} is refuted: of a game`],
  ],
  [
    'a unit of systemd on macOS',
    one({ darwin: { services: [{ name: 'x', manager: 'systemd' }] } }),
    ['one: service x: that system has no systemd'],
  ],
  [
    'a task of Windows on Linux',
    one({ services: [{ name: 'x', manager: 'scheduled-task' }] }),
    ['one: service x: that system has no scheduled-task'],
  ],
  [
    'the marker of many as a marker',
    one({ environment: [{ name: 'AI_AGENT' }] }),
    ['one: AI_AGENT is the marker of many: its values say which'],
  ],
])('lint finds %s', (_, catalogue, faults) => expect(lintCatalogue(catalogue)).toEqual(faults))

test.each<[string, Partial<CatalogueEntry>, string]>([
  ['a bare name', { executables: [{ path: '**/claude' }] }, 'pattern **/claude would match by a bare name'],
  [
    'a whole folder of programs',
    { executables: [{ path: '/usr/bin/*' }] },
    'pattern /usr/bin/* would match /usr/bin/node',
  ],
  [
    'everything of a home',
    { executables: [{ path: '~/**' }] },
    'pattern ~/** would match /home/u/.nvm/versions/node/v24.0.0/bin/node',
  ],
  [
    'every command of a home',
    { executables: [{ path: '~/.local/bin/*' }] },
    'pattern ~/.local/bin/* would match /home/u/.local/bin/tool',
  ],
  [
    'every package',
    { scripts: [{ path: '**/node_modules/*/dist/*' }] },
    'pattern **/node_modules/*/dist/* has too little of its own',
  ],
  [
    'every index.js',
    { scripts: [{ path: '/home/*/project/index.js' }] },
    'pattern /home/*/project/index.js would match /home/u/project/index.js',
  ],
  ['a path that climbs', { scripts: [{ path: '/usr/../bin/x' }] }, 'pattern /usr/../bin/x has a . or .. segment'],
  ['an empty segment', { executables: [{ path: '/usr//bin/x' }] }, 'pattern /usr//bin/x has an empty segment'],
  ['** beside text', { executables: [{ path: '/opt/a**/x' }] }, 'pattern /opt/a**/x mixes ** with text'],
  [
    'a star beside a star, which takes a long name for ever',
    { executables: [{ path: '/opt/x/*a*a*a*a*b' }] },
    'pattern /opt/x/*a*a*a*a*b has two * in one segment',
  ],
  ['folders within folders', { scripts: [{ path: '**/x/**/y' }] }, 'pattern **/x/**/y has ** twice'],
  ['a helper that does so', { helpers: [{ script: '/a/**/b/**/c' }] }, 'pattern /a/**/b/**/c has ** twice'],
  [
    'a model that does so',
    { models: [{ path: '~/.x/*a*a*a*b', holds: 'files', naming: 'plain' }] },
    'pattern ~/.x/*a*a*a*b has two * in one segment',
  ],
  ['a state folder with a star', { stateFolders: [{ path: '~/.x/*' }] }, 'folder ~/.x/* must be literal'],
  ['a state folder of everybody', { stateFolders: [{ path: '~/.config' }] }, "folder ~/.config is everybody's"],
  ['the name of an interpreter', { commands: [{ name: 'node' }] }, "command node is everybody's"],
  ['the title of a shell', { titles: [{ title: 'bash' }], pypi: [{ name: 'p' }] }, "title bash is everybody's"],
  ['a module of Python', { modules: [{ name: 'http.server' }] }, "module http.server is everybody's"],
  ['a variable of every process', { environment: [{ name: 'PATH' }] }, "environment marker PATH is everybody's"],
  [
    'a look through every folder',
    { mcp: [{ path: '~/.x/**/mcp.json', key: [], scope: 'user' }] },
    'path ~/.x/**/mcp.json would look through every folder',
  ],
  [
    "a look through everybody's folders",
    { workspaces: [{ path: '~/*/list.json', key: [], take: 'names' }] },
    "path ~/*/list.json would look through everybody's folders",
  ],
  [
    'too many stars',
    { activity: [{ path: '~/.x/*/*/*/*/*/log' }] },
    'path ~/.x/*/*/*/*/*/log would look through too many folders',
  ],
  [
    'a program of Windows by a bare name',
    { windows: { executables: [{ path: '**\\x.exe' }] } },
    'pattern **\\x.exe would match by a bare name',
  ],
  [
    'a program of Windows that is none',
    { windows: { executables: [{ path: 'C:\\x\\y.txt' }] } },
    'pattern C:\\x\\y.txt names no program',
  ],
  [
    'a path of Windows that climbs',
    { windows: { stateFolders: [{ path: '%APPDATA%\\..\\x' }] } },
    'pattern %APPDATA%\\..\\x has a . or .. segment',
  ],
])('lint finds what is too broad: %s', (_, facts, fault) =>
  expect(lintCatalogue(one(facts))).toContain(`one: ${fault}`),
)

test.each<[string, Catalogue, string]>([
  [
    'values of a flag that takes a secret',
    one({ flags: [{ flag: '--password', values: ['letmein'], meaning: 'autonomy' }] }),
    'one: values of flag --password may be a secret',
  ],
  [
    'a setting that holds a secret',
    one({ settings: [{ path: '~/.x/s.json', key: ['apiKey'], noted: ['a'] }] }),
    'one: setting apiKey may hold a secret',
  ],
  [
    'a token as the name of an account',
    one({ accounts: [{ path: '~/.x/a.json', key: ['access_token'] }] }),
    'one: account at access_token may be a secret',
  ],
  [
    'a session named by a secret',
    one({ environment: [{ name: 'X_ACCESS_TOKEN', session: true }] }),
    'variable X_ACCESS_TOKEN may hold a secret',
  ],
  [
    'a variable that holds a key',
    { ...one({}), endpointVariables: ['OPENAI_API_KEY'] },
    'variable OPENAI_API_KEY may hold a secret',
  ],
  [
    'a word as long as what people write',
    one({ flags: [{ flag: 'abcdefghijklmnopqrst', meaning: 'unattended' }] }),
    'one: abcdefghijklmnopqrst is no word of a command line',
  ],
  ['a key of ssh', file('~/.ssh/config'), 'one: ~/.ssh/config holds secrets of others'],
  ['credentials of a cloud', file('~/.aws/credentials'), 'one: ~/.aws/credentials holds secrets of others'],
  [
    'what browsers keep',
    file('~/.config/google-chrome/Default/Cookies'),
    'one: ~/.config/google-chrome/Default/Cookies holds secrets of others',
  ],
  ['passwords of the system', file('/etc/shadow'), 'one: /etc/shadow holds secrets of others'],
  [
    'the same as a policy',
    one({ managedSettings: [{ path: '/etc/shadow' }] }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as switches of plugins',
    one({ pluginSwitches: [{ path: '/etc/shadow', key: [], form: 'map' }] }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as switches of servers',
    one({ serverSwitches: [{ path: '/etc/shadow', key: [] }] }),
    'one: /etc/shadow holds secrets of others',
  ],
  [
    'the same as a record of plugins',
    one({ pluginRecords: [{ path: '~/.ssh/config', key: [], folder: 'x' }] }),
    'one: ~/.ssh/config holds secrets of others',
  ],
  [
    'the same as the link of a plugin',
    one({ plugins: [{ path: '~/.ssh/*', id: '$1', link: 'x.json' }] }),
    'one: ~/.ssh/*/x.json holds secrets of others',
  ],
  ['what the kernel tells of processes', file('/proc/1/environ'), 'one: /proc/1/environ holds secrets of others'],
  ['our own state', file('/var/lib/surety/device.json'), 'one: /var/lib/surety/device.json holds secrets of others'],
  ...[
    ...['~/.docker/conf*.json', '~/.aws/c*', '~/.aws/*', '~/.config/google-*/Default/Cookies', '~/.config/*/x/Cookies'],
    ...['/etc/s*', '/etc/*', '/var/*/surety/device.json', '/var/t*/x', '/tmp/x/policy.json', '/var/tmp/policy.json'],
  ].map((path): [string, Catalogue, string] => [`by ${path}`, file(path), `one: ${path} holds secrets of others`]),
  ['the variables of a project', file('./.env'), 'one: ./.env holds secrets of others'],
])('lint finds what could leak: %s', (_, catalogue, fault) => expect(lintCatalogue(catalogue)).toContain(fault))

test.each<[string, object, string]>([
  ['an extension id of 33 letters', { chromium: [{ id: 'a'.repeat(33) }] }, 'chromium/0/id'],
  ['an extension id of 31 letters', { chromium: [{ id: 'a'.repeat(31) }] }, 'chromium/0/id'],
  ['an extension id with letters outside a to p', { chromium: [{ id: 'q'.repeat(32) }] }, 'chromium/0/id'],
  ['an add-on id that is no id', { firefox: [{ id: 'addon' }] }, 'firefox/0/id'],
  ['a team id of nine letters', { darwin: { teams: [{ id: 'ABCDE1234' }] } }, 'darwin/teams/0/id'],
  ['a team id in small letters', { darwin: { teams: [{ id: 'abcde12345' }] } }, 'darwin/teams/0/id'],
  ['a bundle id of one part', { darwin: { bundles: [{ id: 'claude' }] } }, 'darwin/bundles/0/id'],
  ['a bundle id with a space', { darwin: { bundles: [{ id: 'com.x y' }] } }, 'darwin/bundles/0/id'],
  ['a port beyond the last', { ports: [{ port: 65_536 }] }, 'ports/0/port'],
  ['port 0', { ports: [{ port: 0 }] }, 'ports/0/port'],
  [
    'a path of Windows with slashes',
    { windows: { stateFolders: [{ path: '%APPDATA%/x' }] } },
    'windows/stateFolders/0/path',
  ],
  [
    'a folder that Windows does not name',
    { windows: { stateFolders: [{ path: '%TEMP%\\x' }] } },
    'windows/stateFolders/0/path',
  ],
  ['a path of Linux with a backslash', { stateFolders: [{ path: '~/.x\\y' }] }, 'stateFolders/0/path'],
  ['a key outside of the registry', { windows: { registry: [{ key: 'HKEY\\X' }] } }, 'windows/registry/0/key'],
  ['a messaging host of one part', { nativeMessagingHosts: [{ name: 'host' }] }, 'nativeMessagingHosts/0/name'],
  ['a flag with a value in it', { flags: [{ flag: '--x=y', meaning: 'autonomy' }] }, 'flags/0/flag'],
  ['a value with a space', { flags: [{ flag: '--x', values: ['a b'], meaning: 'autonomy' }] }, 'flags/0/values/0'],
  ['an unknown meaning', { flags: [{ flag: '--x', meaning: 'evil' }] }, 'flags/0/meaning'],
  ['a claim that is no name', { accounts: [{ path: '~/.x/a', key: ['t'], claim: 'sub_token' }] }, 'accounts/0/claim'],
  ['an account without a key', { accounts: [{ path: '~/.x/a', key: [] }] }, 'accounts/0/key'],
  ['a variable in small letters', { environment: [{ name: 'path' }] }, 'environment/0/name'],
  ['an unknown kind', { kind: 'robot' }, 'kind'],
  ['an unknown member', { colour: 'red' }, ''],
  ['a relative pattern', { executables: [{ path: 'claude' }] }, 'executables/0/path'],
  ['no source', { sources: [] }, 'sources'],
])('the schema refuses %s', (_, facts, place) => {
  const read = () => catalogueReader.read({ ...catalogueOf(), entries: [{ ...AGENT, ...facts }] })
  expect(read).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`/entries/0${place === '' ? '' : '/'}${place}`),
    }),
  )
})

function filesWith(text: string) {
  return { read: async () => new TextEncoder().encode(text) }
}

test.each([undefined, 2])('a catalogue from a file takes the place of ours, indented by %s', async (indent) => {
  const catalogue = one({ note: 'with "quotes", a \\ and a\ttab' })
  const files = filesWith(JSON.stringify(catalogue, null, indent))
  expect(await loadCatalogue({ files }, '/etc/c.json')).toEqual(catalogue)
})

test.each([
  ['cut in the middle', JSON.stringify(catalogueOf(AGENT)).slice(0, -20)],
  ['that does not fit the schema', '{"schema":"surety/catalogue@2"}'],
  ['with a fault', JSON.stringify(catalogueOf(AGENT, AGENT))],
  [
    'with a member that stands twice',
    JSON.stringify(catalogueOf(AGENT)).replace('"version":1', '"version":9,"version":1'),
  ],
  ['with a member in two spellings', JSON.stringify(catalogueOf(AGENT)).replace('"version"', '"\\u0076ersion"')],
  ['with a dangerous key', '{"__proto__":{}}'],
])('a file %s is refused whole', async (_, text) => {
  await expect(loadCatalogue({ files: filesWith(text) }, '/etc/c.json')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('"/etc/c.json"'),
  })
})

test('a file that is not there is refused', async () => {
  const files = {
    read: async () => {
      throw new SuretyError('FILE_ABSENT', 'no such file')
    },
  }
  await expect(loadCatalogue({ files }, '/etc/c.json')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

describe('browsers of a catalogue', () => {
  type Browser = NonNullable<Catalogue['browsers']>[number]
  const FOX: Browser = {
    ...{ id: 'fox', name: 'Fox', family: 'firefox', sources: ['seen'] },
    linux: { profiles: [{ path: '~/.fox' }] },
  }
  const at = (path: string): Browser => ({ ...FOX, linux: { profiles: [{ path }] } })
  const onWindows = (path: string): Browser => ({ ...FOX, windows: { profiles: [{ path }] } })

  test('that are as they should be have no fault', () => {
    expect(
      lintCatalogue({
        ...catalogueOf(),
        browsers: [FOX, at('~/.wolf/*/data')].map((each, n) => ({ ...each, id: `b${n}` })),
      }),
    ).toEqual([])
  })

  test.each<[string, readonly Browser[], string]>([
    ['one twice', [FOX, { ...at('~/.other'), name: 'Two' }], 'browser fox is already in fox'],
    ['a folder twice', [FOX, { ...FOX, id: 'two' }], 'linux ~/.fox is already in fox'],
    ['no place', [{ ...FOX, linux: undefined } as unknown as Browser], 'has no place on any system'],
    ['a source that is not described', [{ ...FOX, sources: ['rumour'] }], 'source rumour is not described'],
    [
      'a fact whose source is not described',
      [{ ...FOX, linux: { profiles: [{ path: '~/.fox', source: 'rumour' }] } }],
      'source rumour is not described',
    ],
    ['a folder that everybody has', [at('~/.config')], "folder ~/.config is everybody's"],
    ['a way out of the home', [at('~/../fox')], 'folder ~/../fox has a . or .. segment'],
    [
      'a program that takes a long name for ever',
      [{ ...FOX, linux: { profiles: [{ path: '~/.fox' }], executables: [{ path: '/opt/**/a/**/b' }] } }],
      'pattern /opt/**/a/**/b has ** twice',
    ],
    ['every folder of a home', [at('~/*')], 'folder ~/* would look through every folder of a home'],
    ['every folder below', [at('~/.fox/**')], 'folder ~/.fox/** would look through every folder'],
    ['many stars', [at('~/.fox/*/*/*')], 'folder ~/.fox/*/*/* would look through too many folders'],
    ['a detour on Windows', [onWindows('%APPDATA%\\..\\Fox')], 'folder %APPDATA%/../Fox has a . or .. segment'],
  ])('with %s are refused', (_name, browsers, fault) => {
    const [first] = lintCatalogue({ ...catalogueOf(), browsers: [...browsers] })
    expect(first).toMatch(/^browser \w+: /)
    expect(first).toContain(fault)
  })

  test.each<[string, unknown]>([
    ['a folder that is not in a home', at('/srv/fox')],
    ['a folder with a zero byte', at('~/a\0b')],
    ['a family we do not know', { ...FOX, family: 'safari' }],
    ['a member we do not know', { ...FOX, homepage: 'https://example.org' }],
    ['forward slashes on Windows', onWindows('%APPDATA%/Fox')],
  ])('with %s do not fit the schema', (_name, browser) => {
    expect(() => catalogueReader.read({ ...catalogueOf(), browsers: [browser] })).toThrow(SuretyError)
  })

  test.each<[string, Catalogue['modelHosts'] & object, string]>([
    [
      'twice',
      [
        { host: 'api.x.y', source: 'seen' },
        { host: 'api.x.y', source: 'seen' },
      ],
      'api.x.y stands twice',
    ],
    ['that answers for more', [{ host: 'www.google.com', source: 'seen' }], 'answers for more than models'],
    ['without a source', [{ host: 'api.x.y' }], 'of model host api.x.y is not described'],
    ['of a rumour', [{ host: 'api.x.y', source: 'rumour' }], 'source rumour of model host api.x.y is not described'],
  ])('a model host %s is refused', (_name, modelHosts, fault) => {
    expect(lintCatalogue({ ...catalogueOf(), modelHosts: [...modelHosts] })[0]).toContain(fault)
  })

  test.each(['*.openai.com', 'https://api.openai.com', 'localhost', 'API.openai.com', ''])(
    'a model host %j does not fit the schema',
    (host) => {
      expect(() => catalogueReader.read({ ...catalogueOf(), modelHosts: [{ host, source: 'seen' }] })).toThrow(
        SuretyError,
      )
    },
  )

  test('of the one that ships are all that people use, on the systems they are used on', () => {
    const places = (builtInCatalogue().browsers ?? []).flatMap(({ id, ...systems }) =>
      (['linux', 'darwin', 'windows'] as const).flatMap((system) =>
        systems[system] === undefined ? [] : [`${id} ${system}`],
      ),
    )
    const everywhere =
      'google-chrome chromium brave microsoft-edge vivaldi opera opera-gx firefox librewolf waterfox zen floorp'
    const wanted = [
      ...everywhere.split(' ').flatMap((id) => [`${id} linux`, `${id} darwin`, `${id} windows`]),
      ...['arc', 'dia', 'comet', 'atlas'].flatMap((id) => [`${id} darwin`, `${id} windows`]),
    ]
    expect(wanted.filter((place) => !places.includes(place))).toEqual([])
  })
})
