import { SuretyError } from '../../src/base/errors.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { type Catalogue, type CatalogueEntry, catalogueReader } from '../../src/discovery/catalogue/catalogue.ts'
import { lintCatalogue } from '../../src/discovery/catalogue/lint.ts'
import { loadCatalogue } from '../../src/discovery/catalogue/load-catalogue.ts'

const AGENT: CatalogueEntry = { id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }

function catalogueOf(...entries: Catalogue['entries']): Catalogue {
  return { schema: 'surety/catalogue@1', version: 1, asOf: '2026-11-25', sources: { seen: { title: 'seen' } }, entries }
}

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

test.each<[string, Catalogue, string[]]>([
  ['an id twice', catalogueOf(AGENT, AGENT), ['one: id one is already in one']],
  [
    'an extension id twice',
    catalogueOf(
      { ...AGENT, chromium: [{ id: 'a'.repeat(32) }] },
      { ...AGENT, id: 'two', chromium: [{ id: 'a'.repeat(32) }] },
    ),
    [`two: extension id chromium ${'a'.repeat(32)} is already in one`],
  ],
  [
    'a pattern that is a bare name',
    catalogueOf({ ...AGENT, executables: [{ path: '**/claude' }] }),
    ['one: pattern **/claude would match by a bare name'],
  ],
  [
    'a pattern that climbs',
    catalogueOf({ ...AGENT, scripts: [{ path: '/usr/../bin/x' }] }),
    ['one: pattern /usr/../bin/x has a . or .. segment'],
  ],
  [
    'a state folder with a star',
    catalogueOf({ ...AGENT, stateFolders: [{ path: '~/.x/*' }] }),
    ['one: folder ~/.x/* must be literal'],
  ],
  [
    'a source that is not described',
    catalogueOf({ ...AGENT, environment: [{ name: 'X_Y', source: 'hearsay' }] }),
    ['one: source hearsay is not described'],
  ],
  ['a successor that is no entry', catalogueOf({ ...AGENT, successor: 'two' }), ['one: successor two is no entry']],
  ['a day that never was', catalogueOf({ ...AGENT, endOfLife: '2026-02-30' }), ['one: 2026-02-30 is no date']],
  [
    'a title with nothing that could support it',
    catalogueOf({ ...AGENT, titles: [{ title: 'pi' }] }),
    ['one: a title or shared command that nothing could support'],
  ],
])('lint finds %s', (_, catalogue, faults) => expect(lintCatalogue(catalogue)).toEqual(faults))

test.each([
  ['an extension id of 33 letters', { ...AGENT, chromium: [{ id: 'a'.repeat(33) }] }],
  ['an extension id with letters outside a to p', { ...AGENT, chromium: [{ id: 'q'.repeat(32) }] }],
  ['an unknown kind', { ...AGENT, kind: 'robot' }],
  ['an unknown member', { ...AGENT, colour: 'red' }],
  ['a relative pattern', { ...AGENT, executables: [{ path: 'claude' }] }],
  ['no source', { ...AGENT, sources: [] }],
])('the schema refuses %s', (_, entry) => {
  expect(() => catalogueReader.read({ ...catalogueOf(), entries: [entry] })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
})

function filesWith(text: string) {
  return { read: async () => new TextEncoder().encode(text) }
}

test('a catalogue from a file takes the place of ours', async () => {
  const catalogue = catalogueOf(AGENT)
  expect(await loadCatalogue({ files: filesWith(JSON.stringify(catalogue)) }, '/etc/c.json')).toEqual(catalogue)
})

test.each([
  ['cut in the middle', JSON.stringify(catalogueOf(AGENT)).slice(0, -20)],
  ['that does not fit the schema', '{"schema":"surety/catalogue@2"}'],
  ['with a fault', JSON.stringify(catalogueOf(AGENT, AGENT))],
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
