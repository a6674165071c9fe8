import fc from 'fast-check'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

const SETTINGS = '.config/opencode/opencode.json'

async function look(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'agent-files')
  const files = sightings.flatMap((each) => (each.kind === 'agent-file' && each.client === 'opencode' ? [each] : []))
  return {
    files: files.map(({ fileKind, name, scope, path }) =>
      [fileKind, name, scope, path.replace(home.path, '~')].join(' '),
    ),
    evidence: files.flatMap(({ evidence }) => evidence),
    faults: sources.flatMap(({ state, reason }) =>
      state === 'parsed' ? [] : [`${state} ${reason?.replaceAll(home.path, '~')}`],
    ),
    json: JSON.stringify([sightings, sources]),
  }
}

/** As OpenCode 1.18.33 fetches a package. */
function fetched(home: FixtureHome, name: string, version: string): string {
  const path = `.cache/opencode/packages/${name}@${version}/node_modules/${name}/package.json`
  home.write(path, { name })
  return `~/${path}`
}

test('reports plugins in settings of OpenCode with the settings, and as they lie', async () => {
  using home = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('code')]: {} } })
  const paths = [
    fetched(home, 'opencode-wakatime', '1.1.1'),
    fetched(home, '@acme/dcp', 'latest'),
    fetched(home, 'of-work', 'latest'),
  ]
  fetched(home, 'left-behind', 'latest')
  home.write('.config/opencode/mine.ts', 'export')
  home.write('tools/plugin/index.js', 'export')
  home.write('code/own.ts', 'export')
  home.write(SETTINGS, {
    plugin: [
      ['opencode-wakatime@1.1.1', { key: 'canary' }],
      '@acme/dcp',
      'not-fetched',
      './mine.ts',
      `file://${home.at('tools/plugin')}`,
    ],
  })
  home.write('code/opencode.jsonc', '{ /* canary */ "plugin": ["of-work", "../code/own.ts"] }')
  const { files, evidence, faults, json } = await look(home)
  expect([files.sort(), faults]).toEqual([
    [
      'plugin opencode.json user ~/.config/opencode/opencode.json',
      `plugin opencode-wakatime user ${paths[0]}`,
      `plugin @acme/dcp user ${paths[1]}`,
      'plugin mine.ts user ~/.config/opencode/mine.ts',
      'plugin index.js user ~/tools/plugin/index.js',
      'plugin opencode.jsonc project ~/code/opencode.jsonc',
      `plugin of-work project ${paths[2]}`,
      'plugin own.ts project ~/code/own.ts',
    ].sort(),
    [],
  ])
  expect(evidence.filter((each) => !each.includes('named in'))).toEqual([
    'settings of OpenCode with 5 plugins',
    'plugin opencode-wakatime@1.1.1',
    'plugin @acme/dcp',
    'plugin not-fetched',
    'settings of OpenCode with 2 plugins',
    'plugin of-work',
  ])
  expect(json).not.toContain('canary')
})

test('reports the list of OpenCode 2 too, but for what it switches off', async () => {
  using home = fixtureHome()
  home.write('.config/opencode/mine.ts', 'export')
  home.write(SETTINGS, { plugins: ['a@2.0.0', { package: '@acme/b', options: { key: 'canary' } }, '-c', './mine.ts'] })
  const { files, evidence, json } = await look(home)
  expect([files.length, evidence.slice(0, 3)]).toEqual([
    2,
    ['settings of OpenCode with 3 plugins', 'plugin a@2.0.0', 'plugin @acme/b'],
  ])
  expect(json).not.toContain('canary')
})

const CANARY = 'ghp_CANARYcanaryCANARYcanary'

test.each<[string, unknown]>([
  ['an address with a password', [`x@git+https://me:${CANARY}@example.org/x.git`]],
  ['an address alone', [`git+https://me:${CANARY}@example.org/x.git`]],
  ['a package that is called as a secret', [CANARY]],
  ['a version that is one', [`x@${CANARY}`]],
  ['a file above the home', ['../../../../etc/passwd']],
  ['a file elsewhere', ['/etc/passwd', 'file:///etc/passwd']],
  ['an address of another machine', [`file://${CANARY}/etc/passwd`]],
  ['an address that is none', ['file:///%']],
  ['a package that leads elsewhere', ['x@../../../../../../etc']],
  ['a pattern', ['./*.ts']],
  ['a file that is not there', ['./gone.ts']],
  ['a folder without a plugin', ['./empty']],
])('of %s reports nothing but the settings', async (_, plugin) => {
  using home = fixtureHome()
  home.write('.config/opencode/mine.ts', 'export')
  home.folder('.config/opencode/empty')
  home.write(SETTINGS, { plugin })
  const { files, json } = await look(home)
  expect(files).toEqual(['plugin opencode.json user ~/.config/opencode/opencode.json'])
  expect(json).not.toMatch(/CANARY|passwd/)
})

test.each<[string, unknown]>([
  ['names none', { plugin: [] }],
  ['is a text', { plugin: 'x' }],
  ['has no texts', { plugin: [7, null, {}, [], [7], ''] }],
])('a list that %s is none', async (_, settings) => {
  using home = fixtureHome()
  home.write(SETTINGS, settings)
  expect((await look(home)).files).toEqual([])
})

test('of very many plugins, reports the first, and that there are more', async () => {
  using home = fixtureHome()
  const names = Array.from({ length: 101 }, (_, at) => `p${at}`)
  for (const name of names) fetched(home, name, 'latest')
  home.write(SETTINGS, { plugin: names })
  const { files, faults } = await look(home)
  expect([files.length, faults]).toEqual([101, ['too-large only 100 of 101 plugins are reported']])
})

test('follows no link where a plugin lies, and reports it', async () => {
  using home = fixtureHome()
  using other = fixtureHome()
  other.write('x.ts', 'canary')
  home.link('.config/opencode/mine.ts', other.at('x.ts'))
  home.write(SETTINGS, { plugin: ['./mine.ts'] })
  const { files, faults } = await look(home)
  expect([files.length, faults]).toEqual([1, ['unreadable "~/.config/opencode/mine.ts" is a link']])
})

test('throws nothing and reports nothing outside, for any list', async () => {
  using home = fixtureHome()
  const spec = fc.oneof(
    fc.string(),
    fc.constantFrom('./a', '../..', '/etc', 'file:///', 'x@', '@x/y', '@x/../y', 'x@./..'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(spec, fc.jsonValue())), async (plugin) => {
      home.write(SETTINGS, { plugin })
      const { files } = await look(home)
      expect(files.filter((each) => !each.includes(' ~/'))).toEqual([])
    }),
    { numRuns: 60 },
  )
})
