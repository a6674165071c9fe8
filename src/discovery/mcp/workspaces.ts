import { fileURLToPath } from 'node:url'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Folders } from '../installed/folders.ts'
import { asObject, type JsonObject, memberOf } from '../json-file.ts'
import { tooMany } from '../source-log.ts'
import type { ConfigFiles } from './config-files.ts'

/** More than anybody works in; each costs a look at a handful of files in it and above it. */
export const MAX_WORKSPACES = 200

export interface WorkspaceComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  readonly onFault: (path: string, error: unknown) => void
}

/** The folders people opened with their agents and editors, as these remember them. Absolute, each once. */
export async function findWorkspaces(components: WorkspaceComponents, catalogue: Catalogue): Promise<string[]> {
  const found = new Set<string>()
  for (const { path: pattern, key, take } of catalogue.entries.flatMap(({ workspaces }) => workspaces ?? [])) {
    for (const path of await components.folders.expand(pattern)) {
      const document = await components.configs.read(path)
      for (const folder of document === undefined ? [] : foldersIn(document, key, take)) found.add(folder)
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
  catalogue: Catalogue,
  home: string,
): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const workspace of await findWorkspaces(components, catalogue)) {
    for (
      let folder = workspace;
      folder !== '' && !found.has(folder);
      folder = folder.slice(0, folder.lastIndexOf('/'))
    ) {
      found.add(folder)
      if (folder === home) break
    }
  }
  return [...found]
}

type Take = 'names' | 'values' | 'uri'

function foldersIn(document: JsonObject, key: readonly string[], take: Take): string[] {
  const value = key.reduce<unknown>((at, name) => memberOf(asObject(at), name), document)
  const texts = take === 'names' ? Object.keys(asObject(value)) : Array.isArray(value) ? value : [value]
  return texts.flatMap((text) => {
    const path = typeof text !== 'string' ? undefined : take === 'uri' ? pathOfUri(text) : text
    return path !== undefined && isCleanPath(path) ? [path.replace(/\/+$/, '')] : []
  })
}

function pathOfUri(uri: string): string | undefined {
  if (!uri.startsWith('file:///')) return undefined
  try {
    return fileURLToPath(uri)
  } catch {
    return undefined
  }
}

/** From somebody's file: it may say anything. The root itself is no workspace. */
function isCleanPath(path: string): boolean {
  return (
    /^\/[^\0]{1,2048}$/.test(path) &&
    !path.split('/').some((part) => part === '..' || part === '.') &&
    /[^/]/.test(path)
  )
}
