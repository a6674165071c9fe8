import { reader } from '../../src/base/schema.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../src/discovery/catalogue/catalogue.ts'
import type { DiscoveryTask } from '../../src/discovery/files/scan-tasks.ts'
import { readHome } from '../../src/discovery/homes/read-home.ts'
import { sightingSchema, sourceReportSchema } from '../../src/protocol/sighting.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FilesInMemory } from './files-in-memory.ts'
import { promise } from './target.ts'

export const HOME = '/home/ada'
const ADA = { id: '1000', name: 'ada' }
const catalogue = builtInCatalogue()
const sighting = reader(sightingSchema, { name: 'sighting' })
const source = reader(sourceReportSchema, { name: 'source' })

/** With only these entries of the catalogue, a look is as much faster as they are fewer. */
export const onlyOf = (ids: readonly string[]): Catalogue => ({
  ...catalogue,
  entries: catalogue.entries.filter(({ id }) => ids.includes(id)),
})

/** Looks through a home in which these files lie. Whatever they are, what is told of them fits the wire. */
export async function look(
  task: DiscoveryTask,
  nodes: Readonly<Record<string, string | Uint8Array>>,
  known: Catalogue = catalogue,
): Promise<void> {
  const files = new FilesInMemory(nodes)
  const { sightings, sources } = await readHome(
    { files, clock: new FakeClock() },
    { user: ADA, home: HOME, catalogue: known },
    task,
  )
  for (const one of sightings) {
    sighting.read(one)
    const names = one.kind === 'extension' ? one.name + one.extensionId + one.profile : one.name
    promise(!/\p{Cc}/u.test(names), 'no name that is told can move a cursor')
  }
  for (const one of sources) source.read(one)
}
