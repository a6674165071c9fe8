import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../../src/discovery/catalogue/lint.ts'
import { AGENT, catalogueOf, one, twice } from '../small-catalogue.ts'

const EXTENSION = 'a'.repeat(32)

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
    'a flag whose value decides, with values',
    one({ flags: [{ flag: '--profile', values: ['x'], meaning: 'by-value' }] }),
    ['one: flag --profile lists values that it does not tell'],
  ],
  [
    'a word whose value decides',
    one({ flags: [{ flag: 'exec', meaning: 'by-value' }] }),
    ['one: exec is a word, which has no value'],
  ],
  [
    'a flag that sets something to whatever',
    one({ flags: [{ flag: '-c', setting: 'policy', meaning: 'autonomy' }] }),
    ['one: flag -c sets policy to nothing that is worth saying'],
  ],
  [
    'a flag that no sighting has room for',
    one({ flags: [{ flag: `--${'x'.repeat(46)}`, values: ['short', 'y'.repeat(24)], meaning: 'autonomy' }] }),
    [`one: flag --${'x'.repeat(46)} and a value are longer than a sighting has room for`],
  ],
  [
    'a variable that moves settings where there are none',
    one({ homeVariables: [{ name: 'X_HOME', movesSettings: true }, { name: 'X_DATA' }] }),
    ['one: X_HOME moves settings, and there are none'],
  ],
  [
    'settings of a home that count where a project is trusted, or below it',
    one({
      settings: [
        { path: '~/.x/s.json', key: ['a'], asks: [true], trusted: { path: '~/.x/t.json', key: ['.'], is: 'yes' } },
        { path: '/etc/x/s.json', key: ['a'], asks: [true], upwards: true },
        { path: './.x/s.json', key: ['a'], asks: [true], upwards: true },
      ],
    }),
    ['~/.x/s.json', '/etc/x/s.json'].map(
      (path) => `one: ${path} is of no project that could be trusted or lie below another`,
    ),
  ],
  [
    'a setting without a value',
    one({ settings: [{ path: '~/.x/s.json', key: ['a'] }] }),
    ['one: setting a of ~/.x/s.json has no value that says anything'],
  ],
  [
    'a helper that nothing tells, or two things do',
    one({ helpers: [{}, { argument: '--daemon', script: '~/.x/d.js' }] }),
    Array.from({ length: 2 }, () => 'one: a helper is recognised by an argument or by its script'),
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
  ['no entry at all', catalogueOf(), ['there is no entry: every device would look quiet']],
  ['a date that never was', { ...one({}), asOf: '2026-99-99' }, ['as of 2026-99-99, which is no date']],
  [
    'one native messaging host in two entries',
    twice({ nativeMessagingHosts: [{ name: 'com.example.host' }] }),
    ['two: native messaging host com.example.host is already in one'],
  ],
  ['one port twice', one({ ports: [{ port: 11_434 }, { port: 11_434 }] }), ['one: port 11434 appears twice']],
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
