import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import type { FixtureHome } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'

/** The extensions of editors in a home, and what became of each source. */
export async function lookForEditors(home: FixtureHome) {
  const { sightings, sources } = await scanHome(home, 'editors')
  return {
    extensions: sightings.filter((each): each is ExtensionSighting => each.kind === 'extension'),
    states: sources.map(({ state, path, items }) => [state, path?.replace(home.path, '~'), items]),
  }
}
