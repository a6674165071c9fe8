import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../installed/folders.ts'
import { valuesAt } from '../installed/member-path.ts'
import { asObject, textOf } from '../json-file.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'
import { plainPath } from './plain-path.ts'

type RecordFact = NonNullable<CatalogueEntry['pluginRecords']>[number]

/** What an agent wrote down of the plugins it installed. */
export interface PluginRecords {
  /** By folder, the id of those that have one; a list knows none. */
  readonly folders: ReadonlyMap<string, string | undefined>
  /** All that there is was read and understood, and there is something: an agent may write elsewhere one day. */
  readonly known: boolean
}

const MAX_RECORDS = 1_000

export async function readPluginRecords(
  components: { readonly folders: Folders; readonly configs: ConfigFiles },
  facts: readonly RecordFact[],
): Promise<PluginRecords> {
  const { folders, configs } = components
  const found = new Map<string, string | undefined>()
  let isWritten = false
  let unreadable = false
  for (const fact of facts) {
    for (const path of await folders.expand(fact.path)) {
      const document = await configs.read(path)
      unreadable ||= document === undefined && (await folders.kindOf(path)) !== undefined
      for (const value of document === undefined ? [] : valuesAt(document, fact.key)) {
        isWritten ||= typeof value === 'object' && value !== null
        for (const { id, folder } of entriesOf(value, fact.folder)) {
          if (folder === '') continue
          const plain = plainPath(folder)
          if (found.size < MAX_RECORDS && plain !== undefined) found.set(plain, id)
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
