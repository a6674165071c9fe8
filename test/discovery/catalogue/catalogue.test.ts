import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { SuretyError } from '../../../src/base/errors.ts'
import { builtInCatalogue, joinCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { type Catalogue, catalogueReader } from '../../../src/discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../../src/discovery/catalogue/lint.ts'
import { loadCatalogue } from '../../../src/discovery/catalogue/load-catalogue.ts'
import { AGENT, catalogueOf, one } from '../small-catalogue.ts'

const FOLDER = resolve(import.meta.dirname, '../../../src/discovery/catalogue')
const textOf = (path: string) => readFileSync(join(FOLDER, path), 'utf8')
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.json'))
  .map((path) => path.replaceAll(sep, '/'))

test('no file of the catalogue that ships names a member twice', () => {
  const outsideText = /("(?:[^"\\]|\\.)*")|\s+/g
  const twice = FILES.filter((path) => {
    const text = textOf(path)
    return text.replace(outsideText, '$1') !== JSON.stringify(JSON.parse(text))
  })
  expect(twice).toEqual([])
})

test('the catalogue that ships has each of its files, and each has the name of its id', () => {
  const read: string[] = []
  const { browsers = [], entries } = joinCatalogue((path) => {
    read.push(path)
    return textOf(path)
  })
  expect(read.toSorted()).toEqual(FILES.toSorted())
  expect(read).toEqual([
    ...['catalogue.json', 'sources.json'],
    ...browsers.map(({ id }) => `browsers/${id}.json`),
    ...entries.map(({ id }) => `agents/${id.replace(':', '/')}.json`),
  ])
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

test('a word means the same in a flag and in a file, but for known exceptions', () => {
  const differ = builtInCatalogue().entries.flatMap(({ id, flags = [], settings = [] }) =>
    flags.flatMap(({ meaning, values = [] }) => {
      const says = meaning === 'autonomy' ? 'autonomous' : meaning
      if (says !== 'autonomous' && says !== 'asks' && says !== 'noted') return []
      return values
        .filter((value) => settings.some((each) => saysOf(each, value) !== undefined))
        .filter((value) => !settings.every((each) => [undefined, says].includes(saysOf(each, value))))
        .map((value) => `${id} ${value}`)
    }),
  )
  // A profile of Codex may never be taken; Gemini does not honour that word in a file.
  expect([...new Set(differ)]).toEqual(['codex never', 'gemini-cli yolo'])
})

type Setting = NonNullable<Catalogue['entries'][number]['settings']>[number]
function saysOf(setting: Setting, value: string) {
  return (['autonomous', 'asks', 'noted'] as const).find((says) => setting[says]?.includes(value))
}

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

test('variables that what a person runs bears too are the marker of no agent', () => {
  const markers = builtInCatalogue().entries.flatMap(({ environment = [] }) => environment.map(({ name }) => name))
  // In every terminal of Cursor, in its extensions, in every workspace of Replit; of others only a value would say it.
  const shared = ['CURSOR_TRACE_ID', 'CURSOR_EXTENSION_HOST_ROLE', 'REPL_ID', 'TERM_PROGRAM', 'PAGER', 'GIT_PAGER']
  expect(markers.filter((name) => shared.includes(name))).toEqual([])
  expect(markers).toContain('CURSOR_AGENT')
})

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
      message: expect.stringContaining(`entries/0${place === '' ? '' : '/'}${place}`),
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
    'with a member that appears twice',
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
    id: 'fox',
    name: 'Fox',
    family: 'firefox',
    sources: ['seen'],
    linux: { profiles: [{ path: '~/.fox' }] },
  }
  const at = (path: string): Browser => ({ ...FOX, linux: { profiles: [{ path }] } })
  const onWindows = (path: string): Browser => ({ ...FOX, windows: { profiles: [{ path }] } })

  test('that are as they should be have no fault', () => {
    expect(
      lintCatalogue({
        ...one({}),
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
    const [first] = lintCatalogue({ ...one({}), browsers: [...browsers] })
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
      'api.x.y appears twice',
    ],
    ['that answers for more', [{ host: 'www.google.com', source: 'seen' }], 'answers for more than models'],
    ['without a source', [{ host: 'api.x.y' }], 'of model host api.x.y is not described'],
    ['of a rumour', [{ host: 'api.x.y', source: 'rumour' }], 'source rumour of model host api.x.y is not described'],
  ])('a model host %s is refused', (_name, modelHosts, fault) => {
    expect(lintCatalogue({ ...one({}), modelHosts: [...modelHosts] })[0]).toContain(fault)
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
