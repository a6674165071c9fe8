import type { CatalogueEntry } from './catalogue.ts'

/**
 * The facts of an entry that the daemon keeps for its whole life: those that running programs are recognised and described by.
 * Facts that homes are read by are not here, since a reader loads the catalogue for itself.
 */
export const RESIDENT_FACTS = [
  ...(['id', 'name', 'vendor', 'kind', 'successor', 'endOfLife'] as const),
  ...(['commands', 'executables', 'scripts', 'modules', 'titles', 'npm', 'versionFolders', 'helpers'] as const),
  ...(['environment', 'announcedAs', 'homeVariables', 'ports', 'modelArguments'] as const),
  ...(['flags', 'folderFlags', 'argumentParser', 'switches', 'autonomousByDefault'] as const),
] as const satisfies readonly (keyof CatalogueEntry)[]

export type ResidentEntry = Pick<CatalogueEntry, (typeof RESIDENT_FACTS)[number]>

/** A copy with the facts of `RESIDENT_FACTS` alone. */
export function residentFacts(entry: CatalogueEntry): ResidentEntry {
  const facts = RESIDENT_FACTS.flatMap((fact) => (entry[fact] === undefined ? [] : [[fact, entry[fact]] as const]))
  return Object.fromEntries(facts) as ResidentEntry
}
