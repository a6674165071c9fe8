import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import { readHome } from '../../../src/discovery/homes/read-home.ts'
import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { type DocumentedExtension, makeDocumentedHome } from '../../fixtures/homes/documented-homes.ts'
import type { DocumentedSystem } from '../../fixtures/homes/documented-places.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SYSTEMS: readonly DocumentedSystem[] = ['linux', 'darwin', 'windows']
const TASKS: readonly DiscoveryTask[] = ['chromium', 'firefox', 'editors']

async function look(home: string, layout: DocumentedSystem) {
  using files = openFiles()
  const components = { files, clock: new FakeClock() }
  const init = { user: { id: '1000', name: 'ada' }, home, catalogue: builtInCatalogue(), layout }
  const found = []
  for (const task of TASKS) found.push(await readHome(components, init, task))
  const extensions = found
    .flatMap(({ sightings }) => sightings)
    .filter((each): each is ExtensionSighting => each.kind === 'extension')
  return { extensions, sources: found.flatMap(({ sources }) => sources) }
}

const inOrder = (rows: readonly DocumentedExtension[]) =>
  rows.map((row) => `${row.product}/${row.profile} ${row.extensionId} ${row.enabled}${row.ai ? ' AI' : ''}`).sort()

test.each(SYSTEMS)('every browser and editor of a home of %s is read where it is documented to be', async (system) => {
  using folder = temporaryFolder()
  const there = makeDocumentedHome(folder.path, system)
  const { extensions, sources } = await look(folder.path, system)
  expect(inOrder(extensions)).toEqual(inOrder(there))
  expect(new Set(extensions.map(({ id }) => id)).size).toBe(there.length)
  expect(sources.filter(({ state }) => state !== 'parsed')).toEqual([])
})

test.each([
  ['darwin', 'windows'],
  ['windows', 'darwin'],
  ['windows', 'linux'],
] as const)('in a home of %s nothing is taken for what %s would keep there', async (system, layout) => {
  using folder = temporaryFolder()
  makeDocumentedHome(folder.path, system)
  const { extensions } = await look(folder.path, layout)
  // Folders with a dot are the same everywhere: what is switched off is not found without the data beside them.
  expect(extensions.filter(({ host }) => host === 'chromium' || host === 'firefox' || host === 'jetbrains')).toEqual([])
})

test('the script makes all three', () => {
  using folder = temporaryFolder()
  const script = resolve(import.meta.dirname, '../../../scripts/make-fixture-homes.ts')
  const said = execFileSync(process.execPath, [script, folder.path], { encoding: 'utf8' })
  expect(said.trim().split('\n')).toHaveLength(3)
  expect(existsSync(join(folder.path, 'windows/Users/ada/AppData/Roaming/Mozilla/Firefox/profiles.ini'))).toBe(true)
  expect(() => execFileSync(process.execPath, [script], { stdio: 'pipe' })).toThrow('Usage')
})
