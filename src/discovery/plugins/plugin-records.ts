import { asObject, textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { plainPath } from '../files/plain-path.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import type { PluginComponents } from './plugin-components.ts'

type RecordFact = NonNullable<CatalogueEntry['pluginRecords']>[number]

/** What an agent wrote down of the plugins it installed. */
export interface PluginRecords {
  /** By folder, the id of those that have one; a list knows none. */
  readonly folders: ReadonlyMap<string, string | undefined>
  /** All that there is was read and understood, and there is something: an agent may write elsewhere one day. */
  readonly known: boolean
}

const MAX_RECORDS = 1_000

/**
 * Caches hold many plugin folders. Which of them is installed, only the record of the agent says. A missing or unreadable record
 * makes every plugin of it unknown.
 */
export async function readPluginRecords(
  { folders, configs, onFault }: PluginComponents,
  facts: readonly RecordFact[],
): Promise<PluginRecords> {
  const found = new Map<string, string | undefined>()
  let isWritten = false
  let unreadable = false
  for (const fact of facts) {
    for (const path of await folders.expand(fact.path)) {
      const document = await configs.read(path)
      unreadable ||= document === undefined && (await folders.kindOf(path)) !== undefined
      for (const value of document === undefined ? [] : valuesAt(document, fact.key)) {
        isWritten ||= typeof value === 'object' && value !== null
        const entries = entriesOf(value, fact.folder)
        if (found.size + entries.length > MAX_RECORDS) {
          onFault(path, tooMany(MAX_RECORDS, found.size + entries.length, 'records of plugins'))
        }
        for (const { id, folder } of entries) {
          if (folder === '') continue
          const plain = plainPath(folder)
          if (found.size < MAX_RECORDS && plain !== undefined) found.set(folders.placeOf(plain), id)
          else unreadable = true
        }
      }
    }
  }
  return { folders: found, known: isWritten && !unreadable }
}

/** By id to one or, since several scopes may have it, to several; or a list that says nothing of ids. */
function entriesOf(value: unknown, name: string): { readonly id: string | undefined; readonly folder: string }[] {
  const folderIn = (entry: unknown) => textOf(asObject(entry), name) ?? ''
  if (Array.isArray(value)) return value.map((entry) => ({ id: undefined, folder: folderIn(entry) }))
  return Object.entries(asObject(value)).flatMap(([id, entries]) =>
    (Array.isArray(entries) ? entries : [entries]).map((entry) => ({ id, folder: folderIn(entry) })),
  )
}
