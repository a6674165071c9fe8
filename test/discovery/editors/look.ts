import type { ExtensionSighting } from '../../../src/protocol/sighting.ts'
import type { FixtureHome } from '../../support/fixture-home.ts'
import { lookAtHome } from '../../support/look-at-home.ts'

/** The extensions of editors in a home, and what became of each source. */
export async function lookForEditors(home: FixtureHome) {
  const { sightings, sources } = await lookAtHome(home, 'editors')
  return {
    extensions: sightings.filter((each): each is ExtensionSighting => each.kind === 'extension'),
    states: sources.map(({ state, path, items }) => [state, path?.replace(home.path, '~'), items]),
  }
}
