import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import { RecordedMemory } from '../../../src/discovery/files/home-memory.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import { readMark } from '../../../src/system/files/foreign/foreign-files.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { type FixtureHome, fixtureHome } from '../../support/homes/fixture-home.ts'
import { ALICE } from '../../support/homes/scan-home.ts'

const ROOT = '.claude/plugins/cache/acme/tools/1.2.0'
const RECORD = '.claude/plugins/installed_plugins.json'
const NPX = { command: 'npx', args: ['-y', '@acme/db@1.0.0'] }
const enabled = (value: boolean) => ({ enabledPlugins: { 'tools@acme': value } })

/** Looks at one home again and again, each time with what was remembered of it. */
function looksAt(home: FixtureHome, catalogue: Catalogue) {
  let saved: string | undefined
  return async () => {
    using files = openFiles()
    // Everything has settled by then.
    const init = { subject: 'alice', nowMs: Date.now() + 10_000, ...(saved === undefined ? {} : { saved }) }
    const memory = new RecordedMemory({ files, readMark }, init)
    const components = { files, clock: new FakeClock(), memory }
    const { sightings } = await readHome(components, { user: ALICE, home: home.path, catalogue }, 'mcp')
    const isKept = memory.save() !== undefined
    saved = memory.save() ?? saved
    return { isKept, told: sightings.map((each) => `${each.name} ${each.kind === 'mcp-server' && each.enabled}`) }
  }
}

test.each<[what: string, change: (home: FixtureHome, machine: FixtureHome) => void, told: readonly string[]]>([
  ['the settings', (home) => home.write('.claude/settings.json', enabled(false)), ['db false']],
  ['the record', (home) => home.write(RECORD, { plugins: { 'x@acme': { installPath: '/nowhere/1' } } }), []],
  ['an administrator', (_, machine) => machine.write('managed-settings.json', enabled(false)), ['db false']],
  ['another of them', (_, machine) => machine.write('managed-settings.d/1.json', enabled(false)), ['db false']],
  [
    'a project where',
    (home) => {
      home.write('.claude/settings.json', '{')
      home.write('app/.claude/settings.json', enabled(true))
    },
    ['db true'],
  ],
  [
    'a marketplace',
    (home) => {
      const known = { acme: { source: { source: 'directory' }, installLocation: home.at('mp') } }
      home.write('.claude/plugins/known_marketplaces.json', known)
      home.write('mp/.claude-plugin/marketplace.json', { plugins: [{ name: 'tools', source: './tools' }] })
      home.write('mp/tools/.mcp.json', { mcpServers: { live: NPX } })
    },
    ['live true'],
  ],
])('looks at a remembered plugin again when %s changes', async (_, change, told) => {
  using home = fixtureHome()
  using machine = fixtureHome()
  home.write('.claude.json', { projects: { [home.at('app')]: {} } })
  home.folder('app')
  home.write(`${ROOT}/.mcp.json`, { mcpServers: { db: NPX } })
  home.write(RECORD, { plugins: { 'tools@acme': { installPath: home.at(ROOT) } } })
  home.write('.claude/settings.json', enabled(true))
  const catalogue: Catalogue = JSON.parse(
    JSON.stringify(builtInCatalogue()).replaceAll('/etc/claude-code', machine.path),
  )
  const look = looksAt(home, catalogue)
  expect(await look()).toEqual({ isKept: true, told: ['db true'] })
  expect(await look()).toEqual({ isKept: false, told: ['db true'] })
  change(home, machine)
  expect(await look()).toEqual({ isKept: true, told })
})
