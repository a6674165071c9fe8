import { codeOf } from '../../base/errors.ts'
import { arrayOf, asObject, type JsonObject, textOf } from '../../base/json-object.ts'
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../files/config-files.ts'
import type { Databases } from '../files/databases.ts'
import { filesOf } from '../files/expand-pattern.ts'
import type { Folders } from '../files/folders.ts'
import { folderOf, pathOfFileUri, plainPath, plainPathFrom, withFoldersAbove } from '../files/plain-path.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'

/** Far above what people use. Each costs reading a few files in it and above it. */
export const MAX_WORKSPACES = 200

export interface WorkspaceComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  readonly databases: Databases
  readonly onFault: (path: string, error: unknown) => void
}

type WorkspaceFact = NonNullable<CatalogueEntry['workspaces']>[number]

export interface WorkspacesInit {
  readonly catalogue: Catalogue
  readonly home: string
  /** Folders that agents were seen working in. */
  readonly workedIn?: readonly string[]
}

/**
 * The folders people opened with their agents and editors: first those that agents were seen in, then as agents and editors
 * remember them. Absolute, each once.
 */
export async function findWorkspaces(
  components: WorkspaceComponents,
  { catalogue, home, workedIn = [] }: WorkspacesInit,
): Promise<string[]> {
  const { folders } = components
  const seenIn = workedIn.flatMap(cleanPath).map((folder) => folders.placeOf(folder))
  const found = new Set<string>(seenIn.filter((folder) => folder !== home))
  for (const fact of catalogue.entries.flatMap(({ workspaces }) => workspaces ?? [])) {
    for (const path of await folders.expand(fact.path)) {
      for (const said of await remembered(components, fact, path)) {
        // As JetBrains IDEs write it.
        const folder = said.replace(/^\$USER_HOME\$(?=[\\/])/, () => home)
        for (const path of cleanPath(folder)) found.add(folders.placeOf(path))
      }
    }
  }
  if (found.size > MAX_WORKSPACES) {
    components.onFault('workspaces', tooMany(MAX_WORKSPACES, found.size, 'workspaces'))
  }
  return [...found].slice(0, MAX_WORKSPACES)
}

/** Projects and every folder above each, up to the home or the root: agents look upwards for their configuration. */
export async function findProjectFolders(
  components: WorkspaceComponents,
  init: WorkspacesInit,
): Promise<readonly string[]> {
  const { home } = init
  const found = new Set<string>()
  for (const workspace of await findWorkspaces(components, init)) {
    for (const folder of withFoldersAbove(workspace)) {
      if (found.has(folder)) break
      found.add(folder)
      if (folder === home) break
    }
  }
  return [...found]
}

/** What one file says: texts that may be anything. */
async function remembered(components: WorkspaceComponents, fact: WorkspaceFact, path: string): Promise<string[]> {
  if (fact.take === 'column') return await inDatabase(components, fact, path)
  const document = await components.configs.read(path)
  if (document === undefined) return []
  const values = valuesAt(document, fact.key)
  switch (fact.take) {
    case 'names':
      return values.flatMap((value) => Object.keys(asObject(value)))
    case 'values':
      return texts(values)
    case 'uri':
      return texts(values).flatMap((uri) => pathOfFileUri(uri) ?? [])
    case 'workspace-file': {
      const files = texts(values).flatMap((uri) => cleanPath(pathOfFileUri(uri) ?? ''))
      return (await Promise.all(files.map((file) => foldersOfWorkspace(components, file)))).flat()
    }
    default:
      return fact.take satisfies never
  }
}

function texts(values: readonly unknown[]): string[] {
  return values
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value): value is string => typeof value === 'string')
}

/** A workspace of several folders is a file that names them; it counts for those who work beside it, too. */
async function foldersOfWorkspace({ configs }: WorkspaceComponents, file: string): Promise<string[]> {
  if (!file.endsWith('.code-workspace')) return []
  const document = await configs.read(file)
  if (document === undefined) return []
  const beside = folderOf(file)
  return [
    beside,
    ...arrayOf(document, 'folders')
      .map(asObject)
      .flatMap((folder) => memberFolder(folder, beside)),
  ]
}

function memberFolder(folder: JsonObject, beside: string): string[] {
  const uri = textOf(folder, 'uri')
  if (uri !== undefined) return [pathOfFileUri(uri) ?? []].flat()
  const path = textOf(folder, 'path')
  return path === undefined || path === '' ? [] : [plainPathFrom(beside, path) ?? []].flat()
}

/** A column of a table: `key` names both, and perhaps a column that is empty where the folder is here; all are plain names, as the lint has seen. */
async function inDatabase(
  { folders, databases, onFault }: WorkspaceComponents,
  { key: [table, column, elsewhere] }: WorkspaceFact,
  path: string,
): Promise<string[]> {
  if (table === undefined || column === undefined) return []
  if (![table, column, elsewhere ?? column].every((name) => PLAIN_NAME.test(name))) return []
  if ((await filesOf(folders, path)).length === 0) return []
  try {
    const here = elsewhere === undefined ? '' : ` WHERE "${elsewhere}" IS NULL`
    const sql = `SELECT "${column}" FROM "${table}"${here}`
    const rows = await databases.ask(path, sql)
    return texts(rows.map((row) => row[column])).flatMap((text) => text.split('\n'))
  } catch (error) {
    if (codeOf(error) !== 'FILE_ABSENT') onFault(path, error)
    return []
  }
}

const PLAIN_NAME = /^[a-z_]{1,48}$/

/** From a file of a user, which may have any content: none, or one without a slash at its end. The root itself is no workspace. */
function cleanPath(text: string): readonly string[] {
  if (text.split(/[\\/]/).some((part) => part === '..' || part === '.')) return []
  const path = plainPath(text)
  return path === undefined ? [] : [path]
}
