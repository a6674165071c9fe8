import type { ModelRuntimeSighting } from '../../protocol/sighting.ts'
import { endOf, runtimeEntries } from '../catalogue/reported-kind.ts'
import type { Installation } from '../installed/installation.ts'
import { findInstallations, type InstalledComponents, type InstalledInit } from '../installed/installed.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { findStoredModels, type StoredModels } from './stored-models.ts'

const NONE: StoredModels = { names: [], moreCount: 0, ownFolder: undefined }

/**
 * What serves models and lies in the usual places, with the models it keeps there. Models without a program are told as
 * well: it may run in a container, or lie where nobody looks.
 */
export async function findInstalledRuntimes(
  components: InstalledComponents,
  init: InstalledInit,
): Promise<ModelRuntimeSighting[]> {
  const entries = runtimeEntries(init.catalogue)
  const installations = await findInstallations(components, entries)
  const sightings: ModelRuntimeSighting[] = []
  for (const entry of entries) {
    const { owner } = init
    const models = owner === undefined ? NONE : await findStoredModels(components.folders, entry, owner.home)
    const own = installations.filter((each) => each.entry === entry)
    const kept = models.ownFolder
    const evidence = 'models kept'
    const places =
      own.length > 0 || kept === undefined
        ? own
        : [{ entry, path: kept, version: undefined, evidence, weak: true } satisfies Installation]
    sightings.push(...places.map((place) => sightingOf(init, place, models)))
  }
  return sightings
}

function sightingOf(
  { owner }: InstalledInit,
  { entry, path, version, evidence }: Installation,
  { names, moreCount }: StoredModels,
): ModelRuntimeSighting {
  return {
    kind: 'model-runtime',
    id: sightingId('model-runtime-installation', entry.id, owner?.user.id ?? 'system', path),
    name: entry.name,
    catalogueId: entry.id,
    vendor: entry.vendor,
    ...(version === undefined || version === '' ? {} : { version }),
    ...(owner === undefined ? {} : { user: owner.user }),
    evidence: [boundedText(`${evidence} at ${path}`, 512)],
    state: 'installed',
    path: path.slice(0, 4096),
    listens: [],
    models: [...names],
    ...(moreCount === 0 ? {} : { moreModelsCount: moreCount }),
    ...endOf(entry),
  }
}
