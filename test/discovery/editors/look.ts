import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { readHome } from '../../../src/discovery/read-home.ts'
import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import { openFiles } from '../../../src/system/linux-files.ts'
import { FakeClock } from '../../fakes/fake-clock.ts'
import type { FixtureHome } from '../../support/fixture-home.ts'

export const ALICE = { uid: 1000, name: 'alice' }

/** The extensions of editors in a home, and what became of each source. */
export async function lookForEditors(home: FixtureHome) {
  using files = openFiles()
  const components = { files, clock: new FakeClock() }
  const init = { user: ALICE, home: home.path, catalogue: builtInCatalogue() }
  const { sightings, sources } = await readHome(components, init, 'editors')
  return {
    extensions: sightings.filter((each): each is ExtensionSighting => each.kind === 'extension'),
    states: sources.map(({ state, path, items }) => [state, path?.replace(home.path, '~'), items]),
  }
}
